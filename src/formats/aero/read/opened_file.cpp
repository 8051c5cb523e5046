#include "formats/aero/read/opened_file.hpp"

#include <algorithm>
#include <utility>

#include "formats/aero/read/integrity.hpp"
#include "formats/aero/read/model_json.hpp"

namespace aerotool::aero {

const Chunk* OpenedFile::find(std::string_view fourcc) const {
  const auto found = std::find_if(chunks().begin(), chunks().end(),
                                  [&](const Chunk& chunk) { return chunk.fourcc == fourcc; });
  return found == chunks().end() ? nullptr : &*found;
}

void OpenedFile::forget_lists() {
  manifest.chunks.reset();
  manifest.shards.reset();
  manifest.quant_descriptors = {};
  memory_left += std::exchange(descriptors_memory, 0);
}

void OpenedFile::forget_description() {
  json = {};
  // Assigned an empty string, they would keep their memory.
  std::string().swap(manifest.model_name);
  std::string().swap(manifest.architecture);
}

OpenedFile open_file(std::shared_ptr<io::Input> input, std::uint64_t memory, Report& report) {
  OpenedFile file;
  file.input = std::move(input);
  file.memory_left = memory;
  file.container = read_container(*file.input, report);
  file.cut_off = {std::move(file.container.cut_off), file.input->size()};
  for (std::size_t i = 0; i < file.chunks().size(); ++i) {
    if (!known_fourcc(file.chunks()[i].fourcc)) file.opaque.push_back(i);
  }
  if (const Chunk* chunk = file.find(kControlHash))
    check_control_hash(*file.input, file.container, *chunk, report);
  if (const Chunk* chunk = file.find(kModelJson))
    file.json = read_model_json(*file.input, *chunk, file.memory_left, report);
  const std::uint64_t before_manifest = file.memory_left;
  if (const Chunk* chunk = file.find(kManifest))
    file.manifest = read_manifest(*file.input, *chunk, ManifestParts::essential, file.memory_left, report);
  file.descriptors_memory = before_manifest - file.memory_left;
  // A file that lost its MMSG is not taken for the reference's.
  file.reversed_shapes =
      text_member(file.json, "source_format") == "gguf" && file.manifest.sound && !file.manifest.has_source;
  if (file.reversed_shapes) {
    const char* const defect =
        "written by the reference's GGUF converter: shapes are stored fastest-varying first and sizes with "
        "their padding; they are read right, and convert repairs them";
    report.doubt(Code::malformed, file.where(), defect);
  }
  return file;
}

Manifest whole_manifest(const OpenedFile& file, Report& report) {
  const Chunk* chunk = file.find(kManifest);
  std::uint64_t memory = file.memory_left;
  return chunk == nullptr ? Manifest{}
                          : read_manifest(*file.input, *chunk, ManifestParts::all, memory, report);
}

}  // namespace aerotool::aero
