#include "tasks/text_beside.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{16} << 20;

void require_small(const std::string& path, std::uint64_t size) {
  if (size > kMaxBytes) throw UnsupportedError({path, {}, {}}, "is larger than " + human_size(kMaxBytes));
}

}  // namespace

std::string text_of(const SideFile& file) {
  std::string text;
  file.put([&](ByteSpan bytes) { text += chars_of(bytes); });
  return text;
}

void replace_text(SideFile& file, std::string text) {
  const auto held = std::make_shared<const std::string>(std::move(text));
  file.size = held->size();
  file.hashed = false;
  file.put = [held](const SideFile::Sink& sink) { sink(bytes_of(*held)); };
}

std::string text_beside(const Model& model, const std::vector<SideFile>& side_files, std::string_view name) {
  const auto known = std::ranges::find(side_files, name, &SideFile::path);
  if (known != side_files.end()) {
    require_small(known->path, known->size);
    return text_of(*known);
  }
  const auto files = model.files();
  if (files.empty() || files.front().input == nullptr || model.is_remote()) return {};
  const std::string path = io::directory_of(files.front().input->name()) + "/" + std::string(name);
  if (io::type_of(path) == io::FileType::none) return {};
  const auto input = io::open_beside(*files.front().input, std::string(name));
  require_small(path, input->size());
  return std::string(input->view(0, input->size()).text());
}

}  // namespace aerotool::tasks
