// Writes CBOR (RFC 8949): definite lengths, shortest integers and floats.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "encoding/value.hpp"

namespace aerotool::cbor {

/// In which order the entries of a map are written.
enum class MapOrder : std::uint8_t {
  given,
  deterministic  ///< by the encoded bytes of their keys (section 4.2.1)
};

void append_unsigned(std::string& out, std::uint64_t value);
void append_boolean(std::string& out, bool value);
void append_text(std::string& out, std::string_view text);
void append_bytes(std::string& out, ByteSpan bytes);
/// So many elements, or entries, follow.
void append_array(std::string& out, std::uint64_t count);
void append_map(std::string& out, std::uint64_t count);
/// Strings that are not UTF-8 become bytes; every NaN becomes f97e00.
void append_value(std::string& out, const Value& value, MapOrder order);

/// Whether text stands before other text among the keys of a map in deterministic order: shorter first, then
/// by bytes.
bool key_before(std::string_view a, std::string_view b);

}  // namespace aerotool::cbor
