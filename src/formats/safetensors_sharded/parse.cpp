#include "formats/safetensors_sharded/parse.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

#include "encoding/json/reader.hpp"
#include "formats/safetensors/message.hpp"

namespace aerotool::safetensors_sharded {
namespace {

using safetensors::shortened;

/// An integer as some writers have it: 13476831232, 13476831232.0 or 1e+16.
std::optional<std::uint64_t> whole_number(std::string_view digits) {
  if (const auto plain = json_unsigned(digits)) return plain;
  double value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value);
  constexpr double kTooLarge = 18446744073709551616.0;  // 2^64
  if (error != std::errc() || rest != end || !(value >= 0 && value < kTooLarge)) return std::nullopt;
  if (std::trunc(value) != value) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

/// The JSON events of an index.
class Handler {
 public:
  Handler(const std::string& path, Report& report, Index& index)
      : path_(path), report_(report), index_(index) {}

  std::string problem;  // what parse_json asks for

  bool null() { return scalar("null", {}); }
  bool boolean(bool) { return scalar("a boolean", {}); }
  bool number(std::string_view digits) { return scalar("a number", digits); }
  bool string(std::string_view text);
  bool key(std::string_view text);
  bool start_object();
  bool end_object() { return close(); }
  bool start_array();
  bool end_array() { return close(); }

  bool has_map() const { return has_map_; }
  /// The names of the files and the numbers that the entries know them by.
  const std::map<std::string, std::uint32_t, std::less<>>& files() const { return files_; }
  std::optional<std::uint64_t> total_size() const { return total_size_; }

 private:
  enum class Place { document, members, metadata, map };

  bool scalar(const char* noun, std::string_view digits);
  bool add(std::string_view file);
  bool close();
  bool refuse(std::string why) {
    problem = std::move(why);
    return false;
  }
  bool skip() {
    ++skipped_;
    return true;
  }
  bool wrong_map(const std::string& noun) {
    return refuse("\"weight_map\" is " + noun + ", not an object that gives each tensor its file");
  }
  void wrong_file(const std::string& noun) {
    report_.unreadable(Code::index, {path_, {}, shortened(key_)},
                       "\"weight_map\" gives it " + noun + ", not a file");
  }
  void wrong_size(const std::string& what) {
    report_.doubt(Code::index, {path_, {}, {}}, "\"total_size\" is " + what + ", not a number of bytes");
  }

  const std::string& path_;
  Report& report_;
  Index& index_;
  Place place_ = Place::document;
  std::size_t skipped_ = 0;  // open objects and arrays whose content does not matter
  std::string key_;
  bool has_map_ = false;
  std::map<std::string, std::uint32_t, std::less<>> files_;
  std::optional<std::uint64_t> total_size_;
};

bool Handler::key(std::string_view text) {
  if (skipped_ != 0) return true;
  key_ = text;
  if (place_ == Place::members && text == "weight_map") has_map_ = true;
  return true;
}

bool Handler::start_object() {
  if (skipped_ != 0) return skip();
  switch (place_) {
    case Place::document:
      place_ = Place::members;
      return true;
    case Place::members:
      if (key_ == "weight_map") {
        place_ = Place::map;
      } else if (key_ == "metadata") {
        place_ = Place::metadata;
      } else {
        return skip();
      }
      return true;
    case Place::metadata:
      if (key_ == "total_size") wrong_size("an object");
      return skip();
    case Place::map:
      wrong_file("an object");
      break;
  }
  return skip();
}

bool Handler::start_array() {
  if (skipped_ != 0) return skip();
  if (place_ == Place::document) return refuse("the index is an array, not a JSON object");
  if (place_ == Place::members && key_ == "weight_map") return wrong_map("an array");
  if (place_ == Place::metadata && key_ == "total_size") wrong_size("an array");
  if (place_ == Place::map) wrong_file("an array");
  return skip();
}

bool Handler::close() {
  if (skipped_ != 0) {
    --skipped_;
  } else {
    place_ = place_ == Place::members ? Place::document : Place::members;
  }
  return true;
}

bool Handler::string(std::string_view text) {
  if (skipped_ == 0 && place_ == Place::map) return add(text);
  return scalar("a string", {});
}

/// Anything but an object, an array, or a string in the map.
bool Handler::scalar(const char* noun, std::string_view digits) {
  if (skipped_ != 0) return true;
  switch (place_) {
    case Place::document:
      return refuse("the index is " + std::string(noun) + ", not a JSON object");
    case Place::members:
      return key_ != "weight_map" || wrong_map(noun);
    case Place::map:
      wrong_file(noun);
      return true;
    case Place::metadata:
      if (key_ != "total_size") return true;
      total_size_ = whole_number(digits);
      if (!total_size_) wrong_size(digits.empty() ? noun : shortened(digits));
      return true;
  }
  return true;
}

bool Handler::add(std::string_view file) {
  auto known = files_.find(file);
  if (known == files_.end()) {
    if (files_.size() == kMaxFiles) {
      return refuse("\"weight_map\" names more than " + std::to_string(kMaxFiles) + " files");
    }
    known = files_.emplace(file, static_cast<std::uint32_t>(files_.size())).first;
  }
  index_.add(key_, known->second);
  return true;
}

}  // namespace

std::size_t index_ending(std::string_view path) {
  if (path.ends_with(kIndexExtension)) return kIndexExtension.size();
  constexpr std::string_view kFront = ".safetensors.index.";
  constexpr std::string_view kBack = ".json";
  const auto front = path.rfind(kFront);
  if (front == std::string_view::npos || !path.ends_with(kBack)) return 0;
  const std::size_t length = path.size() - front;
  if (length <= kFront.size() + kBack.size()) return 0;
  const auto variant = path.substr(front + kFront.size(), length - kFront.size() - kBack.size());
  return variant.find_first_of("./") == std::string_view::npos ? length : 0;
}

void Index::add(std::string_view tensor, std::uint32_t file) {
  names_ += tensor;
  entries_.push_back({static_cast<std::uint32_t>(names_.size()), file});
}

std::string_view Index::tensor(std::size_t entry) const {
  const std::size_t begin = entry == 0 ? 0 : entries_[entry - 1].name_end;
  return std::string_view(names_).substr(begin, entries_[entry].name_end - begin);
}

std::vector<std::uint32_t> Index::by_name() const {
  std::vector<std::uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return tensor(a) < tensor(b); });
  return order;
}

Index read_index(const std::string& path, std::string_view json, Report& report) {
  Index index;
  Handler handler(path, report, index);
  if (const auto problem = parse_json(json, handler)) {
    Where where{path, problem->offset, {}};
    // Not where the key stands, but where its object ends.
    if (problem->message.ends_with("is duplicated")) where.offset.reset();
    throw CorruptError(std::move(where), shortened(problem->message), Code::index);
  }
  if (!handler.has_map()) {
    throw CorruptError({path, {}, {}}, "the index has no \"weight_map\" that gives each tensor its file",
                       Code::index);
  }
  // Numbered as they came; from here on in the order of their names.
  std::vector<std::uint32_t> number(handler.files().size());
  for (const auto& [name, seen] : handler.files()) {
    number[seen] = static_cast<std::uint32_t>(index.files_.size());
    index.files_.push_back(name);
  }
  for (Index::Entry& entry : index.entries_) entry.file = number[entry.file];
  index.total_size_ = handler.total_size();
  return index;
}

}  // namespace aerotool::safetensors_sharded
