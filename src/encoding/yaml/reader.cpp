#include "encoding/yaml/reader.hpp"

#include <yaml.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/text.hpp"

namespace aerotool {
namespace {

constexpr unsigned kMaxLevels = 32;
constexpr std::uint64_t kMaxValues = 100'000;
constexpr std::uint64_t kMaxText = std::uint64_t{4} << 20;

/// One event of libyaml's parser, freed at its end.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&event_); }

  yaml_event_t* get() { return &event_; }
  yaml_event_type_t type() const { return event_.type; }
  const yaml_event_t& operator*() const { return event_; }

 private:
  yaml_event_t event_{};
};

std::string_view text_of(const yaml_char_t* text, std::size_t length) {
  return chars_of(std::as_bytes(std::span(text, length)));
}

std::string text_of(const yaml_char_t* text) {
  std::string copy;
  for (; text != nullptr && *text != 0; ++text) copy.push_back(static_cast<char>(*text));
  return copy;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

/// All digits of a base. What is too large for 64 bits is no integer.
std::optional<Value> integer_of(std::string_view digits, int base) {
  const char* const end = digits.data() + digits.size();
  std::int64_t integer = 0;
  const auto parsed = std::from_chars(digits.data(), end, integer, base);
  if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return Value::i64(integer);
}

std::optional<Value> number_of(std::string_view text) {
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return Value::f64(std::numeric_limits<double>::quiet_NaN());
  const bool negative = text.starts_with('-');
  const std::string_view size = text.substr(negative || text.starts_with('+') ? 1 : 0);
  if (is_one_of(size, {".inf", ".Inf", ".INF"})) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return Value::f64(negative ? -kInfinity : kInfinity);
  }
  // Only decimal numbers have a sign.
  const auto is_based = [&](std::string_view prefix) {
    return text.starts_with(prefix) && text.size() > prefix.size() && text[prefix.size()] != '-';
  };
  if (is_based("0x")) return integer_of(text.substr(2), 16);
  if (is_based("0o")) return integer_of(text.substr(2), 8);
  // from_chars takes "inf" and "nan" as well, which are text here.
  if (size.find_first_not_of("+-.0123456789eE") != std::string_view::npos) return std::nullopt;
  if (size.empty() || size.starts_with('+') || size.starts_with('-')) return std::nullopt;
  const std::string_view decimal = negative ? text : size;
  if (auto integer = integer_of(decimal, 10)) return integer;
  double number = 0;
  const char* const end = decimal.data() + decimal.size();
  const auto parsed = std::from_chars(decimal.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return Value::f64(number);
}

Value plain_scalar(std::string_view text) {
  if (text.empty() || is_one_of(text, {"~", "null", "Null", "NULL"})) return {};
  if (is_one_of(text, {"true", "True", "TRUE"})) return Value::boolean(true);
  if (is_one_of(text, {"false", "False", "FALSE"})) return Value::boolean(false);
  if (auto number = number_of(text)) return *number;
  return Value::string(std::string(text));
}

/// How much a value is, with all that is in it.
struct Extent {
  std::uint64_t values = 1;
  std::uint64_t text = 0;  ///< bytes
  unsigned levels = 0;     ///< below it

  void add(const Extent& inner) {
    values += inner.values;
    text += inner.text;
    levels = std::max(levels, inner.levels + 1);
  }
};

Extent extent_of(const Value& value) {
  Extent extent;
  if (value.type == ValueType::map) {
    for (const auto& [key, item] : value.map()) {
      extent.add(extent_of(key));
      extent.add(extent_of(item));
    }
  } else if (value.type == ValueType::array) {
    for (const Value& item : value.array().items) extent.add(extent_of(item));
  } else if (value.type == ValueType::string) {
    extent.text = value.text().size();
  }
  return extent;
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& path) : path_(path) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    // libyaml wants a pointer to what is empty, too.
    if (text.empty()) text = std::string_view("");
    yaml_parser_set_input_string(&parser_, octets_of(bytes_of(text)), text.size());
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { yaml_parser_delete(&parser_); }

  Value read() {
    expect(YAML_STREAM_START_EVENT);
    Event begin;
    next(begin);
    if (begin.type() == YAML_STREAM_END_EVENT) refuse("it is empty");
    Event first;
    next(first);
    Value document = value(first, 0);
    expect(YAML_DOCUMENT_END_EVENT);
    Event end;
    next(end);
    if (end.type() != YAML_STREAM_END_EVENT) refuse("holds several documents");
    return document;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw CorruptError({path_, {}, {}}, "line " + std::to_string(line_) + ": " + why);
  }

  void next(Event& event) {
    if (yaml_parser_parse(&parser_, event.get()) == 0) {
      line_ = parser_.problem_mark.line + 1;
      refuse(parser_.problem != nullptr ? parser_.problem : "is no YAML");
    }
    line_ = (*event).start_mark.line + 1;
  }

  void expect(yaml_event_type_t type) {
    Event event;
    next(event);
    if (event.type() != type) refuse("is no YAML");
  }

  /// `more` stands `level` levels deep.
  void count(const Extent& more, unsigned level) {
    values_ += more.values;
    text_ += more.text;
    if (values_ > kMaxValues) refuse("holds more than " + with_thousands(kMaxValues) + " values");
    if (text_ > kMaxText) refuse("holds more than " + human_size(kMaxText) + " of text");
    if (level + more.levels > kMaxLevels)
      refuse("is nested more than " + std::to_string(kMaxLevels) + " levels deep");
  }

  void require_no_tag(const yaml_char_t* tag) const {
    if (tag != nullptr) refuse("has a tag, " + shown(text_of(tag)));
  }

  Value value(const Event& event, unsigned level) {
    switch (event.type()) {
      case YAML_ALIAS_EVENT: {
        const std::string anchor = text_of((*event).data.alias.anchor);
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) refuse(shown("*" + anchor) + " stands for nothing");
        count(extent_of(found->second), level);
        return found->second;
      }
      case YAML_SCALAR_EVENT: {
        const auto& scalar = (*event).data.scalar;
        const bool plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
        require_no_tag(scalar.tag);
        const std::string_view text = text_of(scalar.value, scalar.length);
        count({1, text.size(), 0}, level);
        return anchored(scalar.anchor, plain ? plain_scalar(text) : Value::string(std::string(text)));
      }
      case YAML_SEQUENCE_START_EVENT:
        count({}, level);
        require_no_tag((*event).data.sequence_start.tag);
        return anchored((*event).data.sequence_start.anchor, sequence(level));
      case YAML_MAPPING_START_EVENT:
        count({}, level);
        require_no_tag((*event).data.mapping_start.tag);
        return anchored((*event).data.mapping_start.anchor, mapping(level));
      default:
        refuse("is no YAML");
    }
  }

  /// What has an anchor is held twice, and counts so.
  Value anchored(const yaml_char_t* anchor, Value value) {
    if (anchor == nullptr) return value;
    Extent held = extent_of(value);
    held.levels = 0;
    count(held, 0);
    anchors_.insert_or_assign(text_of(anchor), value);
    return value;
  }

  Value sequence(unsigned level) {
    std::vector<Value> items;
    while (true) {
      Event event;
      next(event);
      if (event.type() == YAML_SEQUENCE_END_EVENT) return Value::list(std::move(items));
      items.push_back(value(event, level + 1));
    }
  }

  Value mapping(unsigned level) {
    MapItems items;
    std::map<std::string, bool, std::less<>> keys;
    while (true) {
      Event event;
      next(event);
      if (event.type() == YAML_MAPPING_END_EVENT) return Value::map(std::move(items));
      if (event.type() != YAML_SCALAR_EVENT) refuse("a key is no text");
      const auto& scalar = (*event).data.scalar;
      std::string key(text_of(scalar.value, scalar.length));
      count({1, key.size(), 0}, level);
      if (!keys.emplace(key, true).second) refuse(shown(key) + " stands twice");
      Event item;
      next(item);
      items.emplace_back(Value::string(std::move(key)), value(item, level + 1));
    }
  }

  const std::string& path_;
  yaml_parser_t parser_{};
  std::uint64_t values_ = 0;
  std::uint64_t text_ = 0;
  std::size_t line_ = 1;
  std::map<std::string, Value, std::less<>> anchors_;
};

}  // namespace

Value read_yaml(std::string_view text, const std::string& path) {
  return Reader(text, path).read();
}

}  // namespace aerotool
