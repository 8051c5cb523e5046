#include "tasks/merge/stacked.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/json/value.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::string_view kKey = "num_hidden_layers";
constexpr std::uint64_t kMaxMemory = std::uint64_t{64} << 20;

constexpr std::string_view kSpace = " \t\r\n";

/// Goes through a text that is JSON, for the numbers of layers that are in it.
class LayerCounts {
 public:
  LayerCounts(std::string_view json, std::uint64_t layers) : json_(json), layers_(std::to_string(layers)) {}

  /// In the outermost object, and in the part of it that describes the language model of several models.
  std::string replaced() {
    skip_space();
    if (at_ < json_.size() && json_[at_] == '{') object(true);
    out_ += json_.substr(copied_);
    return std::move(out_);
  }
  bool found() const { return found_; }
  /// One that is no plain number, and stays.
  const std::string& odd() const { return odd_; }

 private:
  /// From its brace to behind it.
  void object(bool is_outermost) {
    ++at_;
    for (skip_space(); json_[at_] != '}'; skip_space()) {
      const std::size_t key_begin = at_ + 1;
      skip_string();
      const std::string_view key = json_.substr(key_begin, at_ - 1 - key_begin);
      skip_space();
      ++at_;  // the colon
      skip_space();
      const std::size_t begin = at_;
      if (is_outermost && key == "text_config" && json_[at_] == '{') {
        object(false);
      } else {
        skip_value();
        if (key == kKey) replace(begin, at_);
      }
      skip_space();
      if (json_[at_] == ',') ++at_;
    }
    ++at_;
  }

  void replace(std::size_t begin, std::size_t end) {
    const std::string_view old = json_.substr(begin, end - begin);
    found_ = true;
    if (old.find_first_not_of("0123456789") != std::string_view::npos) {
      odd_ = old;
      return;
    }
    out_ += json_.substr(copied_, begin - copied_);
    out_ += layers_;
    copied_ = end;
  }

  void skip_space() { at_ = std::min(json_.find_first_not_of(kSpace, at_), json_.size()); }
  void skip_string() {
    for (++at_; json_[at_] != '"'; ++at_) {
      if (json_[at_] == '\\') ++at_;
    }
    ++at_;
  }
  void skip_value() {
    std::size_t depth = 0;
    do {
      const char c = json_[at_];
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
        at_ = std::min(json_.find_first_of(",}] \t\r\n", at_), json_.size());
      }
    } while (depth != 0);
  }

  std::string_view json_;
  std::string layers_;
  std::size_t at_ = 0;
  std::size_t copied_ = 0;  // what is before it is in `out_`, or replaced
  std::string out_;
  bool found_ = false;
  std::string odd_;
};

}  // namespace

std::string with_layers(std::string_view config_json, std::uint64_t layers, const std::string& path,
                        const Listener& listener) {
  Value value;
  if (const auto problem = read_json(config_json, kMaxMemory, value))
    throw CorruptError({path, problem->offset, {}}, shortened(problem->message));
  LayerCounts counts(config_json, layers);
  std::string text = counts.replaced();
  const std::string key(kKey);
  if (!counts.odd().empty()) {
    listener.warn(path + ": " + key + " is " + shown(counts.odd()) + ", and stays so; the output has " +
                  plural(layers, "layer"));
  } else if (!counts.found()) {
    listener.warn(path + ": has no " + key + "; the output has " + plural(layers, "layer"));
  }
  return text;
}

void plan_layer_count(std::uint64_t layers, const Listener& listener, Plan& plan) {
  const auto config = std::ranges::find(plan.side_files, "config.json", &SideFile::path);
  if (config != plan.side_files.end()) {
    std::string old;
    config->put([&](ByteSpan bytes) { old += chars_of(bytes); });
    const auto text = std::make_shared<const std::string>(with_layers(old, layers, config->path, listener));
    config->size = text->size();
    config->hashed = false;
    config->put = [text](const SideFile::Sink& sink) { sink(bytes_of(*text)); };
  }
  const Metadata metadata = plan.models.front()->metadata();
  const std::string key = std::string(metadata.text("general.architecture")) + ".block_count";
  const Value* known = metadata.find(key);
  if (known != nullptr && known->is_integer())
    plan.edits.metadata.set.emplace_back(key, Value::of(known->type, layers));
}

}  // namespace aerotool::tasks
