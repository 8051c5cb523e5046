// JSON answers. RapidJSON's writer over standard output; what comes from files is made valid UTF-8 first.
#pragma once

#include <rapidjson/writer.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/text_out.hpp"
#include "encoding/json/memory.hpp"
#include "encoding/value.hpp"
#include "hash/digest.hpp"

namespace aerotool::cli {

/// A TextOut as RapidJSON's output stream.
class JsonStream {
 public:
  using Ch = char;
  explicit JsonStream(TextOut& out) : out_(out) {}
  void Put(char c) {
    buffer_[used_] = c;
    if (++used_ == buffer_.size()) Flush();
  }
  void Flush() {
    out_.write({buffer_.data(), used_});
    used_ = 0;
  }

 private:
  TextOut& out_;
  std::array<char, 4096> buffer_{};
  std::size_t used_ = 0;
};

/// One JSON document, ended with a newline by finish().
class JsonOut {
 public:
  explicit JsonOut(TextOut& out) : out_(out), stream_(out), writer_(stream_) {}

  void begin_object() { writer_.StartObject(); }
  void end_object() { writer_.EndObject(); }
  void begin_array() { writer_.StartArray(); }
  void end_array() { writer_.EndArray(); }
  void key(std::string_view text) { put_string(text); }
  void text(std::string_view text);
  void number(std::uint64_t value) { writer_.Uint64(value); }
  void boolean(bool value) { writer_.Bool(value); }
  void null() { writer_.Null(); }
  /// Numbers exactly, strings with U+FFFD for what is not UTF-8, binary as hexadecimal; NaN and infinities,
  /// which JSON lacks, as the strings "nan", "inf", "-inf".
  void value(const Value& value);

  void member(std::string_view name, std::string_view text_value) {
    key(name);
    text(text_value);
  }
  void member(std::string_view name, std::uint64_t number_value) {
    key(name);
    number(number_value);
  }
  /// "name", and "name_hex" beside it where the text is not UTF-8.
  void name_member(std::string_view name, std::string_view text_value);

  /// An array of what `put` writes of each item.
  template <typename Items, typename Put>
  void array_member(std::string_view name, const Items& items, Put put) {
    key(name);
    begin_array();
    for (const auto& item : items) put(item);
    end_array();
  }
  /// An array of objects with the members that `put` writes of each item.
  template <typename Items, typename Put>
  void objects_member(std::string_view name, const Items& items, Put put) {
    array_member(name, items, [&](const auto& item) {
      begin_object();
      put(item);
      end_object();
    });
  }

  void finish() {
    flush();
    out_.write("\n");
  }
  /// Hands on what there is of the document.
  void flush() { stream_.Flush(); }

 private:
  /// Text that is UTF-8, with DEL and C1 escaped as well: a terminal may take those for orders.
  void put_string(std::string_view text);

  TextOut& out_;
  JsonStream stream_;
  rapidjson::Writer<JsonStream, rapidjson::UTF8<>, rapidjson::UTF8<>, JsonMemory> writer_;
};

/// A number, boolean or float as text, floats in the shortest form that reads back the same.
std::string scalar_text(const Value& value);

}  // namespace aerotool::cli
