#include "encoding/msgpack/pack.hpp"

#include <msgpack.hpp>

#include "core/text.hpp"

namespace aerotool {
namespace {

using Packer = msgpack::packer<PackBuffer>;

// The msgpack format's first bytes of floats.
constexpr char kFloat32 = static_cast<char>(0xca);
constexpr char kFloat64 = static_cast<char>(0xcb);

/// Big-endian bits. msgpack-c's own functions make an integer of a float without a fraction, and lose -0.0.
void pack_float_bits(PackBuffer& out, char first, std::uint64_t bits, unsigned width) {
  out.bytes += first;
  for (unsigned shift = width * 8; shift != 0; shift -= 8) {
    out.bytes += static_cast<char>((bits >> (shift - 8)) & 0xff);
  }
}

}  // namespace

void pack_text(PackBuffer& out, std::string_view text) {
  if (!is_utf8(text)) {
    pack_binary(out, bytes_of(text));
    return;
  }
  Packer packer(out);
  packer.pack_str(static_cast<std::uint32_t>(text.size()));
  packer.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
}

void pack_binary(PackBuffer& out, ByteSpan bytes) {
  Packer packer(out);
  const std::string_view text = chars_of(bytes);
  packer.pack_bin(static_cast<std::uint32_t>(text.size()));
  packer.pack_bin_body(text.data(), static_cast<std::uint32_t>(text.size()));
}

void pack_unsigned(PackBuffer& out, std::uint64_t value) {
  Packer(out).pack_uint64(value);
}

void pack_boolean(PackBuffer& out, bool value) {
  if (value) {
    Packer(out).pack_true();
  } else {
    Packer(out).pack_false();
  }
}

void pack_array_header(PackBuffer& out, std::uint64_t count) {
  Packer(out).pack_array(static_cast<std::uint32_t>(count));
}

void pack_map_header(PackBuffer& out, std::uint64_t count) {
  Packer(out).pack_map(static_cast<std::uint32_t>(count));
}

void pack_value(PackBuffer& out, const Value& value) {
  switch (value.type) {
    case ValueType::null:
      Packer(out).pack_nil();
      return;
    case ValueType::boolean:
      pack_boolean(out, value.bits != 0);
      return;
    case ValueType::f32:
      pack_float_bits(out, kFloat32, value.bits, 4);
      return;
    case ValueType::f64:
      pack_float_bits(out, kFloat64, value.bits, 8);
      return;
    case ValueType::string:
    case ValueType::number:
      pack_text(out, value.text());
      return;
    case ValueType::binary:
      pack_binary(out, bytes_of(value.text()));
      return;
    case ValueType::extension: {
      const std::string_view bytes = value.text();
      const auto size = static_cast<std::uint32_t>(bytes.size());
      Packer packer(out);
      packer.pack_ext(size, static_cast<std::int8_t>(value.bits));
      packer.pack_ext_body(bytes.data(), size);
      return;
    }
    case ValueType::array:
      pack_array_header(out, value.array().count);
      for_each_element(value.array(), [&](const Value& element) {
        pack_value(out, element);
        return true;
      });
      return;
    case ValueType::map:
      pack_map_header(out, value.map().size());
      for (const auto& [key, item] : value.map()) {
        pack_value(out, key);
        pack_value(out, item);
      }
      return;
    default:
      if (value.is_unsigned()) {
        pack_unsigned(out, value.bits);
      } else {
        Packer(out).pack_int64(static_cast<std::int64_t>(value.bits));
      }
  }
}

}  // namespace aerotool
