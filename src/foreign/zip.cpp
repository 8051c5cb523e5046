#include <algorithm>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "encoding/zip/records.hpp"
#include "foreign/recognisers.hpp"

namespace aerotool::foreign {
namespace {

constexpr std::size_t kLocalBytes = 30, kDirectoryBytes = 46, kEndBytes = 22, kEnd64Bytes = 56;
constexpr std::size_t kLocatorBytes = 20;
constexpr std::uint64_t kMaxComment = 65535;

/// Where the directory lies.
struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

std::optional<Directory> directory_64(const File& file, std::uint64_t end) {
  if (end < kLocatorBytes) return std::nullopt;
  const Bytes locator = file.at(end - kLocatorBytes, kLocatorBytes);
  if (!locator.text().starts_with(zip::kLocator64)) return std::nullopt;
  const auto offset = load_le<std::uint64_t>(locator.view, 8);
  if (!range_fits(offset, kEnd64Bytes, file.size)) return std::nullopt;
  const Bytes record = file.at(offset, kEnd64Bytes);
  if (!record.text().starts_with(zip::kEnd64)) return std::nullopt;
  return Directory{load_le<std::uint64_t>(record.view, 48), load_le<std::uint64_t>(record.view, 40)};
}

std::optional<Directory> find_directory(const File& file) {
  const std::uint64_t length = std::min(file.size, kEndBytes + kMaxComment);
  const Bytes tail = file.at(file.size - length, length);
  if (tail.size() < kEndBytes) return std::nullopt;
  const std::size_t end = tail.text().rfind(zip::kEnd, tail.size() - kEndBytes);
  if (end == std::string_view::npos) return std::nullopt;
  if (const auto large = directory_64(file, file.size - length + end)) return large;
  return Directory{load_le<std::uint32_t>(tail.view, end + 16), load_le<std::uint32_t>(tail.view, end + 12)};
}

struct Members {
  std::vector<std::string> names;
  bool all = false;  ///< the directory was read to its end
};

Members members_of(const File& file) {
  constexpr std::uint64_t kMaxRead = std::uint64_t{256} * 1024;
  Members members;
  const auto directory = find_directory(file);
  if (directory && range_fits(directory->offset, directory->size, file.size)) {
    const Bytes bytes = file.at(directory->offset, std::min(directory->size, kMaxRead));
    std::size_t at = 0;
    while (bytes.size() - at >= kDirectoryBytes &&
           bytes.text().substr(at).starts_with(zip::kDirectoryHeader)) {
      const std::size_t name = load_le<std::uint16_t>(bytes.view, at + 28);
      const std::size_t more = std::size_t{load_le<std::uint16_t>(bytes.view, at + 30)} +
                               load_le<std::uint16_t>(bytes.view, at + 32);
      at += kDirectoryBytes;
      if (bytes.size() - at < name + more) break;
      members.names.emplace_back(bytes.text().substr(at, name));
      at += name + more;
    }
    members.all = at == directory->size;
  }
  if (members.names.empty() && file.text().starts_with(zip::kLocalHeader) && file.head.size() > kLocalBytes) {
    const std::size_t name = load_le<std::uint16_t>(file.head, 26);
    members.names.emplace_back(file.text().substr(kLocalBytes, name));
  }
  return members;
}

std::string listed(const Members& members) {
  constexpr std::size_t kMaxShown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(members.names.size(), kMaxShown); ++i)
    text += (i == 0 ? "" : ", ") + first_words(members.names[i]);
  if (members.names.size() > kMaxShown)
    text += " and " + (members.all ? with_thousands(members.names.size() - kMaxShown) + " more" : "more");
  return text;
}

bool is_model(std::string_view name) {
  return name.ends_with(".safetensors") || name.ends_with(".gguf") || name.ends_with(".aero") ||
         name.ends_with(".zt");
}

}  // namespace

Answer zip(const File& file) {
  const std::string_view text = file.text();
  if (!text.starts_with(zip::kLocalHeader) && !text.starts_with(zip::kEnd)) return std::nullopt;
  const Members members = members_of(file);
  const auto holds = [&](auto&& wanted) { return std::ranges::any_of(members.names, wanted); };
  const auto ends_with = [](std::string_view end) {
    return [end](const std::string& name) { return name.ends_with(end); };
  };
  if (holds(ends_with("/data.pkl"))) return "is a PyTorch checkpoint";
  if (holds(ends_with("/archive_format")) || holds(ends_with("extern_modules")))
    return "is a PyTorch program (torch.export or torch.package), which aerotool does not read; save its "
           "state_dict as safetensors first";
  if (holds(ends_with(".npy"))) return "is a NumPy archive (npz)";
  if (holds(ends_with("model.weights.h5")))
    return "is a Keras model, which aerotool does not read; save its weights as safetensors first";
  if (const auto model = std::ranges::find_if(members.names, is_model); model != members.names.end())
    return "is a zip archive that holds " + first_words(*model) + "; unpack it first";
  if (members.names.empty()) return "is an empty zip archive, or one that is cut short";
  return "is a zip archive with " + listed(members) + "; unpack it first if a model is in it";
}

}  // namespace aerotool::foreign
