// Writes msgpack, with msgpack-c.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "encoding/value.hpp"

namespace aerotool {

/// Appends to a buffer that msgpack-c's packer writes to.
struct PackBuffer {
  std::string bytes;
  void write(const char* data, std::size_t size) { bytes.append(data, size); }
};

/// A string as str, or as bin where it is not UTF-8.
void pack_text(PackBuffer& out, std::string_view text);
void pack_binary(PackBuffer& out, ByteSpan bytes);
void pack_unsigned(PackBuffer& out, std::uint64_t value);
void pack_boolean(PackBuffer& out, bool value);
void pack_array_header(PackBuffer& out, std::uint64_t count);
void pack_map_header(PackBuffer& out, std::uint64_t count);
/// Integers in the shortest form, floats at their width.
void pack_value(PackBuffer& out, const Value& value);

}  // namespace aerotool
