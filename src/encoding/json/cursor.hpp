// A place in a text that is known to be sound JSON, for those who change some bytes of it and keep the
// others.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aerotool {

class JsonCursor {
 public:
  /// At the first value. The text outlives this, and read_json() has accepted it.
  explicit JsonCursor(std::string_view text) : text_(text) { skip_space(); }

  /// In bytes from the text's begin.
  std::size_t at() const { return at_; }
  /// Whether this character is next.
  bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  /// Moves behind one character, and the space behind it.
  void skip_one() {
    ++at_;
    skip_space();
  }
  /// Moves behind the brace that closes an object.
  void skip_brace() { ++at_; }
  /// Moves from a member's key to its value, and returns the key.
  std::string take_key();
  /// Moves behind a value, whatever is in it; not behind the space that follows.
  void skip_value();
  void skip_space();

 private:
  void skip_string();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace aerotool
