#include "formats/gguf/split.hpp"

#include <algorithm>

namespace aerotool::gguf {

std::optional<NumberedName> split_name(std::string_view path) {
  auto name = numbered_name(path);
  if (!name || name->ending != ".gguf") return std::nullopt;
  return name;
}

bool is_split_key(std::string_view key) {
  return key == kSplitNumberKey || key == kSplitCountKey || key == kSplitTensorsKey;
}

bool erase_split_keys(Metadata& metadata) {
  return std::erase_if(metadata.entries, [](const auto& entry) { return is_split_key(entry.first); }) != 0;
}

bool says_split(const Metadata& metadata) {
  return std::any_of(metadata.entries.begin(), metadata.entries.end(), [](const auto& entry) {
    return entry.first == kSplitNumberKey || entry.first == kSplitCountKey || entry.first == kSplitTensorsKey;
  });
}

std::optional<std::uint64_t> split_number(const Metadata& metadata, std::string_view key) {
  const Value* value = metadata.find(key);
  if (value == nullptr || !value->is_unsigned()) return std::nullopt;
  return value->bits;
}

}  // namespace aerotool::gguf
