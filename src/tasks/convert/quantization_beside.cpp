#include "tasks/convert/quantization_beside.hpp"

#include <algorithm>
#include <memory>

#include "core/bytes.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"
#include "model/without_quantization.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::string_view kConfig = "config.json";
constexpr std::string_view kOfModelOpt = "hf_quant_config.json";
constexpr std::uint64_t kMaxBytes = std::uint64_t{16} << 20;

std::string text_of(const SideFile& file) {
  std::string text;
  file.put([&](ByteSpan bytes) { text += chars_of(bytes); });
  return text;
}

/// Empty where there is no such file.
std::string text_beside(const Model& model, const std::vector<SideFile>& side_files, std::string_view name) {
  const auto known = std::ranges::find(side_files, name, &SideFile::path);
  if (known != side_files.end()) return known->size <= kMaxBytes ? text_of(*known) : std::string();
  const auto files = model.files();
  if (files.empty() || files.front().input == nullptr || model.is_remote()) return {};
  const std::string path = io::directory_of(files.front().input->name()) + "/" + std::string(name);
  if (io::type_of(path) == io::FileType::none) return {};
  const auto input = io::open_beside(*files.front().input, std::string(name));
  return input->size() <= kMaxBytes ? std::string(input->view(0, input->size()).text()) : std::string();
}

}  // namespace

QuantizationConfig quantization_beside(const Model& model) {
  const std::vector<SideFile> files = model.side_files().files;
  return quantization_config(text_beside(model, files, kConfig), text_beside(model, files, kOfModelOpt));
}

void drop_quantization(std::vector<SideFile>& files) {
  std::erase_if(files, [](const SideFile& file) { return file.path == kOfModelOpt; });
  const auto config = std::ranges::find(files, kConfig, &SideFile::path);
  if (config == files.end()) return;
  const auto text = std::make_shared<const std::string>(without_quantization(text_of(*config)));
  config->size = text->size();
  config->hashed = false;
  config->put = [text](const SideFile::Sink& sink) { sink(bytes_of(*text)); };
}

}  // namespace aerotool::tasks
