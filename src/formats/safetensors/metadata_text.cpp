#include "formats/safetensors/metadata_text.hpp"

namespace aerotool::safetensors {

void MetadataText::add(std::string_view key, std::string_view value) {
  *text_ += key;
  const auto key_end = static_cast<std::uint32_t>(text_->size());
  *text_ += value;
  entries_.push_back({key_end, static_cast<std::uint32_t>(text_->size())});
}

template <typename Visit>
void MetadataText::for_each(Visit visit) const {
  const std::string_view text = *text_;
  std::uint32_t begin = 0;
  for (const Entry& entry : entries_) {
    visit(text.substr(begin, entry.key_end - begin),
          text.substr(entry.key_end, entry.value_end - entry.key_end));
    begin = entry.value_end;
  }
}

std::string_view MetadataText::find(std::string_view wanted) const {
  std::string_view found;
  for_each([&](std::string_view key, std::string_view value) {
    if (key == wanted) found = value;
  });
  return found;
}

Metadata MetadataText::to_metadata() const {
  Metadata metadata;
  metadata.entries.reserve(entries_.size());
  for_each([&](std::string_view key, std::string_view value) {
    metadata.entries.emplace_back(std::string(key), Value::string(Bytes{bytes_of(value), text_}));
  });
  return metadata;
}

HeadMetadata MetadataText::to_head() const {
  HeadMetadata head;
  head.reserve(entries_.size());
  for_each([&](std::string_view key, std::string_view value) { head.emplace_back(key, value); });
  return head;
}

}  // namespace aerotool::safetensors
