#include "model/without_quantization.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/json/value.hpp"

namespace aerotool {
namespace {

constexpr std::uint64_t kMostMemory = std::uint64_t{64} << 20;

/// Goes through a text that is known to be sound JSON.
class Members {
 public:
  explicit Members(std::string_view text) : text_(text) {}

  std::string without() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '{') object(true);
    out_ += text_.substr(copied_);
    return std::move(out_);
  }

 private:
  /// From its brace to what follows it.
  void object(bool is_root) {
    ++at_;
    std::size_t kept = at_;              // to the end of the last member that stays
    std::optional<std::size_t> dropped;  // the first of those that go since then
    std::size_t end = at_;               // of the last member
    for (skip_space(); text_[at_] != '}'; skip_space()) {
      const std::size_t begin = at_;
      skip_string();
      const std::string key = key_in(text_.substr(begin, at_ - begin));
      const bool goes = key == "quantization_config" || key == "compression_config";
      // What comes behind those that go takes their place.
      if (!goes && dropped) leave_out(*std::exchange(dropped, std::nullopt), begin);
      if (goes && !dropped) dropped = begin;
      skip_space();
      ++at_;  // the colon
      skip_space();
      if (is_root && key == "text_config" && text_[at_] == '{') {
        object(false);
      } else {
        skip_value();
      }
      end = at_;
      if (!goes) kept = end;
      skip_space();
      if (text_[at_] == ',') ++at_;
    }
    if (dropped) leave_out(kept, end);
    ++at_;
  }

  void leave_out(std::size_t begin, std::size_t end) {
    out_ += text_.substr(copied_, begin - copied_);
    copied_ = end;
  }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }
  void skip_value() {
    std::size_t depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
      // A number or a word, to its end.
      if (depth == 0 && c != '}' && c != ']') {
        at_ = std::min(text_.find_first_of(",}] \t\r\n", at_), text_.size());
      }
    } while (depth != 0);
  }

  static std::string key_in(std::string_view quoted) {
    Value value;
    if (read_json(quoted, kMostMemory, value)) return {};
    return std::string(value.text());
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t copied_ = 0;  // what is before it is in `out_`, or left out
  std::string out_;
};

}  // namespace

std::string without_quantization(std::string_view config_json) {
  Value value;
  if (const auto problem = read_json(config_json, kMostMemory, value))
    throw CorruptError({"config.json", problem->offset, {}}, shortened(problem->message));
  return Members(config_json).without();
}

}  // namespace aerotool
