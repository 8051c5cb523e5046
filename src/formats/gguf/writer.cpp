#include "formats/gguf/writer.hpp"

#include <utility>

#include "formats/gguf/plan_content.hpp"

namespace aerotool::gguf {

std::unique_ptr<FileDraft> GgufWriter::draft(const Plan& plan) const {
  Content content = content_of(plan);
  unite(content);
  require_places(plan, content.restores);
  HeadedFiles files;
  add_file(plan, only_file(plan, content), files);
  if (!content.restores) require_architecture(plan, content.metadata);
  files.lost = std::move(content.lost);
  files.dropped = std::move(content.dropped);
  files.warnings = std::move(content.warnings);
  return draft_of_file(plan, std::move(files));
}

}  // namespace aerotool::gguf
