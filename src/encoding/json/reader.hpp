// Strict JSON, event by event: RapidJSON's iterative reader with encoding validation, plus what it does not
// check: duplicate keys, nesting, numbers past the range of a double, and bytes after the document.
#pragma once

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"
#include "encoding/json/memory.hpp"
#include "encoding/json/plain.hpp"

namespace aerotool {

/// What is wrong with a JSON text, and where in it.
struct JsonProblem {
  std::size_t offset = 0;
  std::string message;
};

namespace detail {

inline constexpr const char* kNotJson = "not valid JSON: ";

/// UTF-8 that is validated a run of ASCII at a time. The reader asks for one character a call, which takes a
/// fifth of the time of a large header.
class Utf8Runs : public rapidjson::UTF8<> {
 public:
  template <typename OutputStream>
  static bool Validate(rapidjson::MemoryStream& in, OutputStream& out) {
    const char* end = end_of_plain_json(in.src_, in.end_);
    if (end == in.src_) return rapidjson::UTF8<>::Validate(in, out);
    // The reader instantiates this for parsing in place as well, which nobody does.
    if constexpr (requires { out.Push(1); }) {
      const auto length = static_cast<rapidjson::SizeType>(end - in.src_);
      std::memcpy(out.Push(length), in.src_, length);
    }
    in.src_ = end;
    return true;
  }
};

/// The keys of the objects that are open, to find one that is duplicated.
class OpenKeys {
 public:
  void open() { starts_.push_back(offsets_.size()); }
  bool add(std::string_view key) {
    if (arena_.size() + key.size() > std::numeric_limits<std::uint32_t>::max()) return false;
    offsets_.push_back(static_cast<std::uint32_t>(arena_.size()));
    arena_ += key;
    return true;
  }
  /// Forgets the innermost object; the key that stood twice in it, if one did.
  std::optional<std::string> close() {
    const std::size_t first = starts_.back();
    starts_.pop_back();
    if (first == offsets_.size()) return std::nullopt;
    const auto found = offsets_.size() - first <= kFew ? twice_of_few(first) : twice_of_many(first);
    auto twice = found ? std::optional<std::string>(key_at(*found)) : std::nullopt;
    arena_.resize(offsets_[first]);
    offsets_.resize(first);
    return twice;
  }

 private:
  static constexpr std::size_t kFew = 8;

  std::string_view key_at(std::size_t index) const {
    const std::size_t end = index + 1 < offsets_.size() ? offsets_[index + 1] : arena_.size();
    return std::string_view(arena_).substr(offsets_[index], end - offsets_[index]);
  }

  std::optional<std::size_t> twice_of_few(std::size_t first) const {
    for (std::size_t i = first; i < offsets_.size(); ++i) {
      for (std::size_t j = first; j < i; ++j) {
        if (key_at(i) == key_at(j)) return i;
      }
    }
    return std::nullopt;
  }

  /// Sorts by hash, so that hardly ever two keys are compared, and by key among equal hashes, so that keys
  /// made to collide cost no more than a sort by key.
  std::optional<std::size_t> twice_of_many(std::size_t first) const {
    constexpr std::uint64_t kIndex = 0xffffffff;
    std::vector<std::uint64_t> keys;  // hash above index
    keys.reserve(offsets_.size() - first);
    for (std::size_t i = first; i < offsets_.size(); ++i) {
      keys.push_back((std::uint64_t{std::hash<std::string_view>{}(key_at(i))} & ~kIndex) | i);
    }
    const auto hash_of = [](std::uint64_t key) { return key & ~kIndex; };
    const auto text_of = [&](std::uint64_t key) { return key_at(key & kIndex); };
    std::sort(keys.begin(), keys.end(), [&](std::uint64_t a, std::uint64_t b) {
      return hash_of(a) != hash_of(b) ? a < b : text_of(a) < text_of(b);
    });
    const auto found = std::adjacent_find(keys.begin(), keys.end(), [&](std::uint64_t a, std::uint64_t b) {
      return hash_of(a) == hash_of(b) && text_of(a) == text_of(b);
    });
    if (found == keys.end()) return std::nullopt;
    return *found & kIndex;
  }

  std::string arena_;                   // the keys, one behind the other
  std::vector<std::uint32_t> offsets_;  // of each key in the arena
  std::vector<std::size_t> starts_;     // of each open object in offsets_
};

template <typename Handler>
class JsonAdapter {
 public:
  static constexpr std::size_t kMaxNesting = 64;

  /// Without a backslash in the text no string has an escape to check.
  JsonAdapter(Handler& handler, bool has_escapes) : handler_(handler), has_escapes_(has_escapes) {}

  bool Null() { return handler_.null(); }
  bool Bool(bool value) { return handler_.boolean(value); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    return is_finite({text, length}) && handler_.number({text, length});
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return is_whole({text, length}) && handler_.string({text, length});
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    return is_whole({text, length}) && keys_.add({text, length}) && handler_.key({text, length});
  }
  bool StartObject() {
    keys_.open();
    return deeper() && handler_.start_object();
  }
  bool EndObject(rapidjson::SizeType) {
    --depth_;
    if (auto twice = keys_.close()) {
      problem_ = "the key \"" + escape_controls(*twice) + "\" is duplicated";
      return false;
    }
    return handler_.end_object();
  }
  bool StartArray() { return deeper() && handler_.start_array(); }
  bool EndArray(rapidjson::SizeType) {
    --depth_;
    return handler_.end_array();
  }
  // Numbers come as text only; the reader's interface names these all the same.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  const std::string& problem() const { return problem_; }

 private:
  /// The reader lets the second half of a surrogate pair pass on its own, and makes ill-formed UTF-8 of it.
  bool is_whole(std::string_view text) {
    if (!has_escapes_ || is_utf8(text)) return true;
    problem_ = std::string(kNotJson) + "an escape is half of a surrogate pair";
    return false;
  }
  /// The reader looks at a number's exponent, but not at what it makes of the digits.
  bool is_finite(std::string_view number) {
    constexpr std::size_t kDigitsOfMost = 309;
    if (number.size() < kDigitsOfMost && number.find_first_of("eE") == std::string_view::npos) return true;
    // Unlike from_chars, strtod tells what is too big from what is too small. Nobody sets a locale.
    if (std::isfinite(std::strtod(std::string(number).c_str(), nullptr))) return true;
    problem_ = std::string(kNotJson) + rapidjson::GetParseError_En(rapidjson::kParseErrorNumberTooBig);
    return false;
  }
  bool deeper() {
    if (++depth_ <= kMaxNesting) return true;
    problem_ = "nested deeper than " + std::to_string(kMaxNesting) + " levels";
    return false;
  }

  Handler& handler_;
  bool has_escapes_;
  OpenKeys keys_;
  std::size_t depth_ = 0;
  std::string problem_;
};

}  // namespace detail

/// Parses one JSON document that fills `text` but for white space around it. The handler has null(),
/// boolean(bool), number(std::string_view digits), string(std::string_view), key(std::string_view),
/// start_object(), end_object(), start_array(), end_array(), each returning false to stop, and
/// `std::string problem` to say why it stopped. Nothing is returned for a sound document.
template <typename Handler>
std::optional<JsonProblem> parse_json(std::string_view text, Handler& handler) {
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::MemoryStream stream(text.data(), text.size());
  detail::JsonAdapter<Handler> adapter(handler, text.find('\\') != std::string_view::npos);
  rapidjson::GenericReader<detail::Utf8Runs, detail::Utf8Runs, JsonMemory> reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, adapter);
  if (result.IsError()) {
    if (result.Code() != rapidjson::kParseErrorTermination) {
      return JsonProblem{result.Offset(),
                         std::string(detail::kNotJson) + rapidjson::GetParseError_En(result.Code())};
    }
    return JsonProblem{result.Offset(), !adapter.problem().empty() ? adapter.problem() : handler.problem};
  }
  // The reader takes a NUL for the end of the text.
  if (stream.Tell() != text.size())
    return JsonProblem{stream.Tell(), "bytes after the end of the JSON document"};
  return std::nullopt;
}

/// A JSON number as an unsigned integer: plain digits, no sign, point or exponent
/// (src/formats/safetensors/FORMAT.md, "Validity").
inline std::optional<std::uint64_t> json_unsigned(std::string_view digits) {
  if (digits.empty() || digits.size() > 20) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value)) return std::nullopt;
  }
  return value;
}

}  // namespace aerotool
