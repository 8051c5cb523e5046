#include "transfer/text_metadata.hpp"

#include <utility>

namespace aerotool {

bool TextMetadata::add(std::string_view key, Value text) {
  if (!keys_.emplace(key).second) return false;
  metadata_.entries.emplace_back(key, std::move(text));
  return true;
}

void TextMetadata::lose(const std::string& shown, const std::string& why) {
  constexpr std::size_t kMaxLines = 20;
  if (lost_.size() < kMaxLines) {
    lost_.push_back("metadata " + shown + ": " + why);
  } else {
    ++untold_;
  }
}

}  // namespace aerotool
