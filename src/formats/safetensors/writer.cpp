#include "formats/safetensors/writer.hpp"

#include <utility>

#include "formats/safetensors/plan_content.hpp"

namespace aerotool::safetensors {

std::unique_ptr<FileDraft> SafetensorsWriter::draft(const Plan& plan) const {
  Content content = content_of(plan);
  unite(content);
  drop_index(content);
  HeadedFiles files;
  add_file(plan, only_file(plan, content), files);
  files.lost = std::move(content.lost);
  files.dropped = std::move(content.dropped);
  return draft_of_file(plan, std::move(files));
}

}  // namespace aerotool::safetensors
