#include "tasks/merge/stacked.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "encoding/json/cursor.hpp"
#include "encoding/json/value.hpp"
#include "tasks/text_beside.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::string_view kKey = "num_hidden_layers";

/// Goes through a text that is JSON, for the numbers of layers that are in it.
class LayerCounts {
 public:
  LayerCounts(std::string_view json, std::uint64_t layers)
      : json_(json), layers_(std::to_string(layers)), cursor_(json) {}

  /// In the outermost object, and in the part of it that describes the language model of several models.
  std::string replaced() {
    if (cursor_.is_at('{')) object(true);
    out_ += json_.substr(copied_);
    return std::move(out_);
  }
  bool found() const { return found_; }
  /// One that is no plain number, and stays.
  const std::string& odd() const { return odd_; }

 private:
  /// From its brace to what follows it.
  void object(bool is_outermost) {
    cursor_.skip_one();
    while (!cursor_.is_at('}')) {
      const std::string key = cursor_.take_key();
      const std::size_t begin = cursor_.at();
      if (is_outermost && key == "text_config" && cursor_.is_at('{')) {
        object(false);
      } else {
        cursor_.skip_value();
        if (key == kKey) replace(begin, cursor_.at());
      }
      cursor_.skip_space();
      if (cursor_.is_at(',')) cursor_.skip_one();
    }
    cursor_.skip_brace();
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

  std::string_view json_;
  std::string layers_;
  JsonCursor cursor_;
  std::size_t copied_ = 0;  // what is before it is in `out_`, or replaced
  std::string out_;
  bool found_ = false;
  std::string odd_;
};

}  // namespace

std::string with_layers(std::string_view config_json, std::uint64_t layers, const std::string& path,
                        const Listener& listener) {
  static_cast<void>(json_of_file(config_json, path));
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
    replace_text(*config, with_layers(text_of(*config), layers, config->path, listener));
  }
  const Metadata metadata = plan.models.front()->metadata();
  const std::string key = std::string(metadata.text("general.architecture")) + ".block_count";
  const Value* known = metadata.find(key);
  if (known != nullptr && known->is_integer())
    plan.edits.metadata.set.emplace_back(key, Value::of(known->type, layers));
}

}  // namespace aerotool::tasks
