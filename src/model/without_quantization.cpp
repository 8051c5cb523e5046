#include "model/without_quantization.hpp"

#include <optional>
#include <utility>

#include "encoding/json/cursor.hpp"
#include "encoding/json/value.hpp"

namespace aerotool {
namespace {

/// Goes through a text that is known to be sound JSON.
class Members {
 public:
  explicit Members(std::string_view text) : text_(text), cursor_(text) {}

  std::string without() {
    if (cursor_.is_at('{')) object(true);
    out_ += text_.substr(copied_);
    return std::move(out_);
  }

 private:
  /// From its brace to what follows it.
  void object(bool is_root) {
    std::size_t kept = cursor_.at() + 1;  // to the end of the last member that stays
    std::optional<std::size_t> dropped;   // the first of those that go since then
    std::size_t end = kept;               // of the last member
    cursor_.skip_one();
    while (!cursor_.is_at('}')) {
      const std::size_t begin = cursor_.at();
      const std::string key = cursor_.take_key();
      const bool goes = key == "quantization_config" || key == "compression_config";
      // What comes behind those that go takes their place.
      if (!goes && dropped) leave_out(*std::exchange(dropped, std::nullopt), begin);
      if (goes && !dropped) dropped = begin;
      if (is_root && key == "text_config" && cursor_.is_at('{')) {
        object(false);
      } else {
        cursor_.skip_value();
      }
      end = cursor_.at();
      if (!goes) kept = end;
      cursor_.skip_space();
      if (cursor_.is_at(',')) cursor_.skip_one();
    }
    if (dropped) leave_out(kept, end);
    cursor_.skip_brace();
  }

  void leave_out(std::size_t begin, std::size_t end) {
    out_ += text_.substr(copied_, begin - copied_);
    copied_ = end;
  }

  std::string_view text_;
  JsonCursor cursor_;
  std::size_t copied_ = 0;  // what is before it is in `out_`, or left out
  std::string out_;
};

}  // namespace

std::string without_quantization(std::string_view config_json) {
  static_cast<void>(json_of_file(config_json, "config.json"));
  return Members(config_json).without();
}

}  // namespace aerotool
