#include "tasks/convert/quantization_beside.hpp"

#include <algorithm>

#include "model/without_quantization.hpp"
#include "tasks/text_beside.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::string_view kConfig = "config.json";
constexpr std::string_view kOfModelOpt = "hf_quant_config.json";

}  // namespace

QuantizationConfig quantization_beside(const Model& model) {
  const std::vector<SideFile> files = model.side_files().files;
  return quantization_config(text_beside(model, files, kConfig), text_beside(model, files, kOfModelOpt));
}

void drop_quantization(std::vector<SideFile>& files) {
  std::erase_if(files, [](const SideFile& file) { return file.path == kOfModelOpt; });
  const auto config = std::ranges::find(files, kConfig, &SideFile::path);
  if (config != files.end()) replace_text(*config, without_quantization(text_of(*config)));
}

}  // namespace aerotool::tasks
