#include "model/index_metadata.hpp"

#include <algorithm>

#include "encoding/json/reader.hpp"
#include "encoding/json/text.hpp"

namespace aerotool {
namespace {

/// Renders the values of "metadata" again, as Python's json.dumps(indent=2, sort_keys=True) writes them where
/// they stand in an index.
class Handler {
 public:
  std::string problem;  // what parse_json asks for
  IndexMetadata found;

  bool null() { return value("null"); }
  bool boolean(bool truth) { return value(truth ? "true" : "false"); }
  bool number(std::string_view digits) { return value(std::string(digits)); }
  bool string(std::string_view text) { return in_metadata_ ? value(quoted(text)) : true; }
  bool key(std::string_view text) {
    if (depth_ == 1) in_metadata_ = text == "metadata";
    if (in_metadata_ && depth_ > 1) open_.back().keys.emplace_back(text);
    return true;
  }
  bool start_object() { return open(true); }
  bool end_object() { return close(); }
  bool start_array() { return open(false); }
  bool end_array() { return close(); }

 private:
  // Nobody says as much of a model; a hostile index does.
  static constexpr std::size_t kMaxBytes = std::size_t{4} << 20;

  struct Container {
    bool object = false;
    std::vector<std::string> keys;  // of an object
    std::vector<std::string> values;
  };

  static std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
  }

  bool value(std::string json) {
    if (!in_metadata_ || depth_ < 2) return true;
    size_ += json.size();
    open_.back().values.push_back(std::move(json));
    return size_ <= kMaxBytes;
  }

  bool open(bool object) {
    ++depth_;
    if (in_metadata_ && depth_ > 1) open_.push_back({object, {}, {}});
    return true;
  }

  bool close() {
    --depth_;
    if (!in_metadata_ || depth_ == 0) return true;
    Container done = std::move(open_.back());
    open_.pop_back();
    if (depth_ > 1) return value(render(std::move(done)));
    in_metadata_ = false;
    if (!done.object) return true;
    for (std::size_t i = 0; i < done.keys.size(); ++i) {
      if (done.keys[i] != "total_size")
        found.emplace_back(std::move(done.keys[i]), std::move(done.values[i]));
    }
    std::sort(found.begin(), found.end());
    return true;
  }

  std::string render(Container container) const {
    std::vector<std::pair<std::string, std::string>> items;
    for (std::size_t i = 0; i < container.values.size(); ++i)
      items.emplace_back(container.object ? std::move(container.keys[i]) : std::string(),
                         std::move(container.values[i]));
    if (container.object) std::sort(items.begin(), items.end());
    const std::string margin(2 * depth_, ' ');
    std::string json(1, container.object ? '{' : '[');
    for (std::size_t i = 0; i < items.size(); ++i) {
      json += (i == 0 ? "\n  " : ",\n  ") + margin;
      if (container.object) json += quoted(items[i].first) + ": ";
      json += items[i].second;
    }
    if (!items.empty()) json += "\n" + margin;
    return json + (container.object ? '}' : ']');
  }

  std::size_t depth_ = 0;  // of open objects and arrays
  bool in_metadata_ = false;
  std::vector<Container> open_;  // from "metadata" on
  std::size_t size_ = 0;         // of all values, those inside others once more
};

}  // namespace

IndexMetadata metadata_of_index(std::string_view json) {
  Handler handler;
  if (parse_json(json, handler)) return {};
  return std::move(handler.found);
}

}  // namespace aerotool
