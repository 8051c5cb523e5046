// JSON text: the strict reader, and what AERO makes of it and writes again.
#include <cstdlib>
#include <string>

#include "core/bytes.hpp"
#include "encoding/json/reader.hpp"
#include "encoding/json/value.hpp"
#include "encoding/value_builder.hpp"
#include "formats/aero/write/model_json.hpp"

namespace {

using namespace aerotool;

/// What is written is read again and written the same.
void require_round_trip(const Value& value) {
  const std::string text = aero::render_json(value);
  Value again;
  if (read_json(text, ValueBuilder::kMaxMemory, again) || aero::render_json(again) != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = chars_of(std::as_bytes(std::span(data, size)));
  Value value;
  if (!read_json(text, ValueBuilder::kMaxMemory, value)) require_round_trip(value);
  static_cast<void>(json_unsigned(text));
  return 0;
}
