#include "formats/safetensors/parse.hpp"

#include <utility>
#include <vector>

#include "encoding/json/reader.hpp"
#include "formats/safetensors/message.hpp"
#include "formats/safetensors/parse_plain.hpp"

namespace aerotool::safetensors {
namespace {

enum class Kind { null, boolean, number, string, object, array };

const char* noun(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::number:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::object:
      return "an object";
    case Kind::array:
      return "an array";
  }
  return "";
}

/// The JSON events of a header, sorted by the object they stand in.
class Handler {
 public:
  explicit Handler(HeaderVisitor& visitor) : visitor_(visitor) {}

  std::string problem;  // what parse_json asks for; nothing here stops it

  bool null() { return scalar(Kind::null, {}); }
  bool boolean(bool) { return scalar(Kind::boolean, {}); }
  bool number(std::string_view digits) { return scalar(Kind::number, digits); }
  bool string(std::string_view text) { return scalar(Kind::string, text); }
  bool key(std::string_view text);
  bool start_object() { return open(Kind::object); }
  bool end_object() { return close(); }
  bool start_array() { return open(Kind::array); }
  bool end_array() { return close(); }

  enum class Place { document, names, metadata, entry, numbers };
  Place place() const { return place_; }
  const std::string& name() const { return name_; }

 private:
  enum class Field { other, dtype, shape, data_offsets };

  /// The numbers of "shape" or "data_offsets".
  struct Numbers {
    bool present = false;
    bool sound = false;
    std::uint64_t count = 0;
    std::vector<std::uint64_t> first;  // at most kMaxRank
  };

  bool scalar(Kind kind, std::string_view text);
  bool open(Kind kind);
  bool close();
  bool skip() {
    ++skipped_;
    return true;
  }
  void begin_entry();
  void end_entry();
  void wrong_value(Kind kind);
  void add_number(Kind kind, std::string_view text);
  Numbers& numbers() { return field_ == Field::shape ? shape_ : offsets_; }

  HeaderVisitor& visitor_;
  Place place_ = Place::document;
  std::size_t skipped_ = 0;  // open objects and arrays whose content does not matter
  std::string name_;         // of the entry, or "__metadata__"
  bool is_metadata_ = false;
  std::string key_;  // in the metadata
  Field field_ = Field::other;
  bool has_dtype_ = false;
  bool dtype_sound_ = false;
  std::string dtype_;
  Numbers shape_;
  Numbers offsets_;
};

bool Handler::key(std::string_view text) {
  if (skipped_ != 0) return true;
  if (place_ == Place::names) {
    name_ = text;
    is_metadata_ = text == "__metadata__";
  } else if (place_ == Place::metadata) {
    key_ = text;
  } else {
    // Unknown keys in a tensor's object are ignored.
    field_ = text == "dtype"          ? Field::dtype
             : text == "shape"        ? Field::shape
             : text == "data_offsets" ? Field::data_offsets
                                      : Field::other;
    if (field_ == Field::dtype) has_dtype_ = true;
    if (field_ == Field::shape || field_ == Field::data_offsets) numbers().present = true;
  }
  return true;
}

bool Handler::scalar(Kind kind, std::string_view text) {
  if (skipped_ != 0) return true;
  switch (place_) {
    case Place::names:
      // `__metadata__: null` counts as absent.
      if (!is_metadata_ || kind != Kind::null) wrong_value(kind);
      break;
    case Place::metadata:
      if (kind == Kind::string) {
        visitor_.metadata_entry(key_, text);
      } else {
        wrong_value(kind);
      }
      break;
    case Place::entry:
      if (field_ == Field::dtype && kind == Kind::string) {
        dtype_ = text;
        dtype_sound_ = true;
      } else {
        wrong_value(kind);
      }
      break;
    case Place::numbers:
      add_number(kind, text);
      break;
    case Place::document:
      break;  // parse_header has seen the `{`
  }
  return true;
}

bool Handler::open(Kind kind) {
  if (skipped_ != 0) return skip();
  switch (place_) {
    case Place::document:
      place_ = Place::names;
      return true;
    case Place::names:
      if (kind != Kind::object) break;
      place_ = is_metadata_ ? Place::metadata : Place::entry;
      if (is_metadata_) {
        visitor_.metadata_begins();
      } else {
        begin_entry();
      }
      return true;
    case Place::entry:
      if (kind != Kind::array || (field_ != Field::shape && field_ != Field::data_offsets)) break;
      place_ = Place::numbers;
      numbers().sound = true;
      return true;
    case Place::numbers:
      add_number(kind, {});
      return skip();
    case Place::metadata:
      break;
  }
  wrong_value(kind);
  return skip();
}

bool Handler::close() {
  if (skipped_ != 0) {
    --skipped_;
    return true;
  }
  switch (place_) {
    case Place::numbers:
      place_ = Place::entry;
      break;
    case Place::entry:
      end_entry();
      [[fallthrough]];
    case Place::metadata:
      place_ = Place::names;
      break;
    case Place::names:
    case Place::document:
      place_ = Place::document;
      break;
  }
  return true;
}

void Handler::begin_entry() {
  has_dtype_ = false;
  dtype_sound_ = false;
  for (Numbers* numbers : {&shape_, &offsets_}) {
    numbers->present = false;
    numbers->sound = false;
    numbers->count = 0;
    numbers->first.clear();
  }
}

void Handler::end_entry() {
  // dtype, shape and data_offsets are there, all three.
  if (!has_dtype_) visitor_.defect(name_, "its \"dtype\" is missing");
  if (!shape_.present) visitor_.defect(name_, "its \"shape\" is missing");
  if (!offsets_.present) visitor_.defect(name_, "its \"data_offsets\" are missing");
  // data_offsets are two numbers.
  if (offsets_.sound && offsets_.count != 2) {
    visitor_.defect(name_, "\"data_offsets\" are [begin, end], but hold " + std::to_string(offsets_.count) +
                               (offsets_.count == 1 ? " number" : " numbers"));
    offsets_.sound = false;
  }
  HeaderEntry entry;
  entry.name = name_;
  if (dtype_sound_) entry.dtype = dtype_;
  if (shape_.sound) {
    entry.shape = shape_.first;
    entry.rank = shape_.count;
  }
  if (offsets_.sound) entry.data_offsets = {offsets_.first[0], offsets_.first[1]};
  visitor_.entry(entry);
}

/// A value of a kind that cannot stand where it does.
void Handler::wrong_value(Kind kind) {
  const std::string found = noun(kind);
  if (place_ == Place::metadata) {
    // Metadata values are strings.
    visitor_.defect({}, "__metadata__: the value of " + quoted(key_) + " is " + found + ", not a string");
  } else if (place_ == Place::names && is_metadata_) {
    visitor_.defect({}, "__metadata__ is " + found + ", not an object of strings");
  } else if (place_ == Place::names) {
    visitor_.defect(name_, "its entry in the header is " + found + ", not an object");
    HeaderEntry entry;
    entry.name = name_;
    visitor_.entry(entry);
  } else if (field_ == Field::dtype) {
    visitor_.defect(name_, "\"dtype\" is " + found + ", not a string");
  } else if (field_ == Field::shape) {
    visitor_.defect(name_, "\"shape\" is " + found + ", not an array of integers");
  } else if (field_ == Field::data_offsets) {
    visitor_.defect(name_, "\"data_offsets\" is " + found + ", not an array of two integers");
  }
}

void Handler::add_number(Kind kind, std::string_view text) {
  Numbers& list = numbers();
  ++list.count;
  // Integers are plain digits: no point, exponent or sign.
  const auto value = kind == Kind::number ? json_unsigned(text) : std::nullopt;
  if (!value) {
    if (!list.sound) return;
    list.sound = false;
    const std::string field = field_ == Field::shape ? "\"shape\"" : "\"data_offsets\"";
    visitor_.defect(name_, field + " holds " + (kind == Kind::number ? shortened(text) : noun(kind)) +
                               ", not an integer from 0 to 2^64 - 1 in plain digits");
  } else if (list.first.size() < kMaxRank) {
    list.first.push_back(*value);
  }
}

/// Counts what it hands on to another visitor, or keeps back as much as has been handed on before.
class Relay final : public HeaderVisitor {
 public:
  explicit Relay(HeaderVisitor& visitor) : visitor_(visitor) {}
  /// From here on the same events come once more.
  void start_again() { known_ = std::exchange(seen_, 0); }

  void metadata_begins() override {
    if (is_new()) visitor_.metadata_begins();
  }
  void metadata_entry(std::string_view key, std::string_view value) override {
    if (is_new()) visitor_.metadata_entry(key, value);
  }
  void entry(const HeaderEntry& entry) override {
    if (is_new()) visitor_.entry(entry);
  }
  void defect(std::string_view tensor, std::string message) override {
    visitor_.defect(tensor, std::move(message));  // the short way finds none
  }

 private:
  bool is_new() { return ++seen_ > known_; }

  HeaderVisitor& visitor_;
  std::uint64_t seen_ = 0;
  std::uint64_t known_ = 0;
};

HeaderProblem explain(const JsonProblem& problem, const Handler& handler) {
  if (!problem.message.ends_with("is duplicated")) {
    return {problem.offset, {}, "header: " + shortened(problem.message)};
  }
  // A key that is duplicated is refused: the reference library silently takes the last one.
  const std::string twice = shortened(problem.message);
  switch (handler.place()) {
    case Handler::Place::names:
      return {{}, {}, "header: " + twice + "; names must be unique, so the file is refused"};
    case Handler::Place::metadata:
      return {{}, {}, "__metadata__: " + twice + ", so the file is refused"};
    default:
      return {{}, handler.name(), "header: " + twice + ", so the file is refused"};
  }
}

}  // namespace

std::optional<HeaderProblem> parse_header(std::string_view json, HeaderVisitor& visitor) {
  // The header begins with `{`, JSON white space before it allowed.
  const std::size_t first = json.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return HeaderProblem{0, {}, "the header is empty: expected a JSON object"};
  if (json[first] != '{') {
    return HeaderProblem{
        first, {}, "the header begins with " + quoted(json.substr(first, 1)) + ", not with '{'"};
  }
  Relay relay(visitor);
  if (read_plain_header(json, relay)) return std::nullopt;
  relay.start_again();
  Handler handler(relay);
  if (const auto problem = parse_json(json, handler)) return explain(*problem, handler);
  return std::nullopt;
}

}  // namespace aerotool::safetensors
