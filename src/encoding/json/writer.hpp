// A JSON document as a text that people can read.
#pragma once

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "encoding/json/memory.hpp"

namespace aerotool {

/// Texts are UTF-8. Each level stands two spaces further in.
class JsonWriter {
 public:
  enum class Arrays { item_a_line, one_line };

  explicit JsonWriter(Arrays arrays = Arrays::item_a_line) : writer_(buffer_) {
    writer_.SetIndent(' ', 2);
    if (arrays == Arrays::one_line) writer_.SetFormatOptions(rapidjson::kFormatSingleLineArray);
  }

  void begin_object() { writer_.StartObject(); }
  void end_object() { writer_.EndObject(); }
  void begin_array() { writer_.StartArray(); }
  void end_array() { writer_.EndArray(); }
  void key(std::string_view key) { writer_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size())); }
  void text(std::string_view text) {
    writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  void number(std::uint64_t value) { writer_.Uint64(value); }
  void boolean(bool value) { writer_.Bool(value); }

  void member(std::string_view name, std::string_view text_value) {
    key(name);
    text(text_value);
  }
  void member(std::string_view name, std::uint64_t number_value) {
    key(name);
    number(number_value);
  }

  /// The document, ended with a newline.
  std::string finish() const { return std::string(buffer_.GetString(), buffer_.GetSize()) + "\n"; }

 private:
  using Buffer = rapidjson::GenericStringBuffer<rapidjson::UTF8<>, JsonMemory>;

  mutable Buffer buffer_;  // its GetString() ends the text with a NUL
  rapidjson::PrettyWriter<Buffer, rapidjson::UTF8<>, rapidjson::UTF8<>, JsonMemory> writer_;
};

}  // namespace aerotool
