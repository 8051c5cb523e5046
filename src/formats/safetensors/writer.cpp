#include "formats/safetensors/writer.hpp"

#include <utility>

#include "formats/safetensors/content.hpp"

namespace aerotool::safetensors {
namespace {

Content content_of_one_file(const Plan& plan) {
  Content content = content_of(plan);
  unite(content);
  return content;
}

HeadedFiles lay_out(const Plan& plan, const Content& content) {
  HeadedFiles files;
  add_file(plan, only_file(plan, content), files);
  return files;
}

}  // namespace

std::vector<std::string> SafetensorsWriter::losses(const Plan& plan) const {
  Content content = content_of_one_file(plan);
  // Where nothing can be written there is nothing to warn of.
  static_cast<void>(lay_out(plan, content));
  return std::move(content.lost);
}

PlanSummary SafetensorsWriter::preview(const Plan& plan) const {
  Content content = content_of_one_file(plan);
  PlanSummary summary = summarize(lay_out(plan, content));
  summary.dropped = std::move(content.lost);
  summary.dropped.insert(summary.dropped.end(), content.dropped.begin(), content.dropped.end());
  return summary;
}

void SafetensorsWriter::write(const Plan& plan, io::Output& output, io::Progress* progress) const {
  write_file(plan, lay_out(plan, content_of_one_file(plan)), output, progress);
}

}  // namespace aerotool::safetensors
