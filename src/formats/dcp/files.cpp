#include "formats/dcp/files.hpp"

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"

namespace aerotool::dcp {

std::string problem_of_file_name(std::string_view name) {
  std::string problem = io::path_problem(name);
  if (!problem.empty()) return problem;
  if (name == "." || name.find('/') != std::string_view::npos) return "is not the name of a file beside it";
  return {};
}

std::string Files::path_of(std::uint32_t file) const {
  return io::path_in(io::directory_of(metadata_.name()), index_.files[file]);
}

std::shared_ptr<const io::Input> Files::open(std::uint32_t file) const {
  const std::string& name = index_.files[file];
  const std::string problem = problem_of_file_name(name);
  if (problem.empty()) return open_.open(name);
  throw CorruptError({metadata_.name(), {}, {}}, "names the file " + shown(name) + ", which " + problem,
                     Code::path);
}

}  // namespace aerotool::dcp
