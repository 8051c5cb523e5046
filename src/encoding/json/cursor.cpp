#include "encoding/json/cursor.hpp"

#include <algorithm>
#include <cstdint>

#include "encoding/json/value.hpp"

namespace aerotool {

std::string JsonCursor::take_key() {
  constexpr std::uint64_t kMostMemory = std::uint64_t{64} << 20;
  const std::size_t begin = at_;
  skip_string();
  Value key;
  const bool is_read = !read_json(text_.substr(begin, at_ - begin), kMostMemory, key);
  skip_space();
  skip_one();  // the colon
  return is_read ? std::string(key.text()) : std::string();
}

void JsonCursor::skip_value() {
  std::size_t depth = 0;
  do {
    const char c = text_[at_];
    if (c == '"') {
      skip_string();
      continue;
    }
    ++at_;
    if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (depth == 0) {  // a number or a word
      at_ = std::min(text_.find_first_of(",}] \t\r\n", at_), text_.size());
    }
  } while (depth != 0);
}

void JsonCursor::skip_space() {
  at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
}

void JsonCursor::skip_string() {
  for (++at_; text_[at_] != '"'; ++at_) {
    if (text_[at_] == '\\') ++at_;
  }
  ++at_;
}

}  // namespace aerotool
