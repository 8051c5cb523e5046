#include "formats/aero/rules/side_files.hpp"

#include "formats/aero/read/metadata_chunk.hpp"
#include "formats/aero/read/side_files.hpp"

namespace aerotool::aero {

void check_side_files(const std::shared_ptr<io::Input>& input, const Container& container, Report& report) {
  bool named_well = true;
  for (const Chunk& chunk : container.chunks) {
    if (chunk.fourcc != kSideFile) continue;
    const std::string problem = side_path_problem(chunk.name);
    if (problem.empty()) continue;
    named_well = false;
    report.fault(Code::name, {input->name(), chunk.offset, {}},
                 label(chunk) + ": the path of a side file " + problem);
  }
  if (!named_well) return;
  const std::string problem = side_files_problem(side_files_of(input, container), {});
  if (!problem.empty()) report.fault(Code::name, {input->name(), {}, {}}, problem);
}

}  // namespace aerotool::aero
