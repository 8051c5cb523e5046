#include "formats/aero/value_builder.hpp"

#include <msgpack.hpp>

#include "core/text.hpp"

namespace aerotool::aero {
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

/// What a value holds beside itself; arrays and maps are counted as they grow.
std::uint64_t held_by(const Value& value) {
  constexpr std::uint64_t kOwner = 64;
  const Bytes* const bytes = std::get_if<Bytes>(&value.data);
  return bytes != nullptr ? kOwner + bytes->size() : 0;
}

}  // namespace

std::uint64_t memory_of(const Value& value) {
  std::uint64_t memory = held_by(value);
  if (const Array* const array = std::get_if<Array>(&value.data)) {
    memory += array->packed.size();
    for (const Value& item : array->items) memory += sizeof(Value) + memory_of(item);
  } else if (const MapItems* const map = std::get_if<MapItems>(&value.data)) {
    for (const auto& [key, item] : *map) memory += 2 * sizeof(Value) + memory_of(key) + memory_of(item);
  }
  return memory;
}

void ValueBuilder::scalar(Value value) {
  add(std::move(value));
}

void ValueBuilder::text(ValueType type, std::string_view text) {
  // A large one is not to be held twice, and one that is too much not at all.
  const bool copied = !frames_.empty() && !frames_.back().is_map && frames_.back().array.copies(type);
  const std::uint64_t moved = copied ? frames_.back().array.memory() : 0;
  if (memory_ + moved + text.size() > most_) {
    memory_ += moved + text.size();
    return;
  }
  Bytes bytes = copied ? Bytes{bytes_of(text), nullptr} : Bytes::own(std::string(text));
  add(type == ValueType::string ? Value::string(std::move(bytes)) : Value::binary(std::move(bytes)));
}

void ValueBuilder::begin_array() {
  memory_ += sizeof(Frame);
  frames_.emplace_back();
}

void ValueBuilder::begin_map() {
  memory_ += sizeof(Frame);
  frames_.emplace_back();
  frames_.back().is_map = true;
}

void ValueBuilder::end_array() {
  Value value = Value::array(frames_.back().array.finish());
  frames_.pop_back();
  add(std::move(value));
}

void ValueBuilder::end_map() {
  Value value = Value::map(std::move(frames_.back().map));
  frames_.pop_back();
  add(std::move(value));
}

void ValueBuilder::add(Value value) {
  const std::uint64_t held = held_by(value);
  if (frames_.empty()) {
    memory_ += held;
    result_ = std::move(value);
    done_ = true;
    return;
  }
  Frame& frame = frames_.back();
  if (!frame.is_map) {
    add_to(frame.array, std::move(value), held);
    return;
  }
  memory_ += held;
  if (!frame.has_key) {
    frame.key = std::move(value);
    frame.has_key = true;
  } else {
    memory_ += 2 * sizeof(Value);
    frame.map.emplace_back(std::move(frame.key), std::move(value));
    frame.has_key = false;
  }
}

void ValueBuilder::add_to(ArrayBuilder& array, Value value, std::uint64_t held) {
  // A packed array of millions of bytes takes many times as much once one element is of another type.
  if (!array.is_mixed() && !array.stays_packed(value)) {
    const std::uint64_t unpacked = array.count() * sizeof(Value);
    if (memory_ + unpacked > most_) {
      memory_ += unpacked;
      return;
    }
  }
  memory_ -= array.memory();
  array.add(std::move(value));
  memory_ += array.memory() + (array.is_mixed() ? held : 0);
}

Value ValueBuilder::take() {
  done_ = false;
  memory_ = 0;
  return std::move(result_);
}

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

}  // namespace aerotool::aero
