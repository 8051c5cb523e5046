#include "tasks/compare/elements.hpp"

#include <array>
#include <type_traits>

#include "codecs/floats/widen.hpp"
#include "model/float_dtype.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::uint8_t as_number(NumberKind kind) {
  return static_cast<std::uint8_t>(kind);
}
constexpr std::uint8_t as_number(FloatKind kind) {
  return static_cast<std::uint8_t>(kind);
}
static_assert(as_number(NumberKind::f64) == as_number(FloatKind::f64));
static_assert(as_number(NumberKind::f32) == as_number(FloatKind::f32));
static_assert(as_number(NumberKind::bf16) == as_number(FloatKind::bf16));
static_assert(as_number(NumberKind::f16) == as_number(FloatKind::f16));
static_assert(as_number(NumberKind::f8_e4m3) == as_number(FloatKind::f8_e4m3));
static_assert(as_number(NumberKind::f8_e5m2) == as_number(FloatKind::f8_e5m2));
static_assert(as_number(NumberKind::f8_e4m3fnuz) == as_number(FloatKind::f8_e4m3fnuz));
static_assert(as_number(NumberKind::f8_e5m2fnuz) == as_number(FloatKind::f8_e5m2fnuz));
static_assert(as_number(NumberKind::f8_e8m0) == as_number(FloatKind::f8_e8m0));
static_assert(as_number(NumberKind::i8) == as_number(FloatKind::f8_e8m0) + 1);

/// Nothing for integers and booleans.
std::optional<FloatKind> as_float(NumberKind kind) {
  if (kind >= NumberKind::i8) return std::nullopt;
  return static_cast<FloatKind>(kind);
}

template <typename Signed>
std::uint64_t sign_extended(std::uint64_t bits) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<Signed>(bits)));
}

template <typename Bits, typename Integer, typename Number>
void decode_integers(ByteSpan bytes, std::span<Number> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto integer = static_cast<Integer>(load_le<Bits>(bytes, i * sizeof(Bits)));
    out[i] = static_cast<Number>(integer);
  }
}

template <typename Number>
void decode_as(NumberKind kind, ByteSpan bytes, std::span<Number> out) {
  if (const auto floats = as_float(kind)) return widen(*floats, bytes, out);
  if constexpr (std::is_same_v<Number, double>) {
    if (kind == NumberKind::i32) return decode_integers<std::uint32_t, std::int32_t>(bytes, out);
    if (kind == NumberKind::i64) return decode_integers<std::uint64_t, std::int64_t>(bytes, out);
    if (kind == NumberKind::u32) return decode_integers<std::uint32_t, std::uint32_t>(bytes, out);
    if (kind == NumberKind::u64) return decode_integers<std::uint64_t, std::uint64_t>(bytes, out);
  }
  if (kind == NumberKind::i8) return decode_integers<std::uint8_t, std::int8_t>(bytes, out);
  if (kind == NumberKind::i16) return decode_integers<std::uint16_t, std::int16_t>(bytes, out);
  if (kind == NumberKind::u8) return decode_integers<std::uint8_t, std::uint8_t>(bytes, out);
  if (kind == NumberKind::u16) return decode_integers<std::uint16_t, std::uint16_t>(bytes, out);
  if (kind == NumberKind::boolean) return decode_integers<std::uint8_t, bool>(bytes, out);
}

}  // namespace

std::optional<NumberKind> number_kind(const DType& dtype) {
  if (const auto floats = float_kind(dtype)) return static_cast<NumberKind>(*floats);
  switch (dtype.code()) {
    case DTypeCode::i8:
      return NumberKind::i8;
    case DTypeCode::u8:
      return NumberKind::u8;
    case DTypeCode::i16:
      return NumberKind::i16;
    case DTypeCode::u16:
      return NumberKind::u16;
    case DTypeCode::i32:
      return NumberKind::i32;
    case DTypeCode::u32:
      return NumberKind::u32;
    case DTypeCode::i64:
      return NumberKind::i64;
    case DTypeCode::u64:
      return NumberKind::u64;
    case DTypeCode::boolean:
      return NumberKind::boolean;
    default:
      return std::nullopt;
  }
}

std::size_t width_of(NumberKind kind) {
  if (const auto floats = as_float(kind)) return width_of(*floats);
  switch (kind) {
    case NumberKind::i64:
    case NumberKind::u64:
      return 8;
    case NumberKind::i32:
    case NumberKind::u32:
      return 4;
    case NumberKind::i16:
    case NumberKind::u16:
      return 2;
    default:
      return 1;
  }
}

bool fits_f32(NumberKind kind) {
  return kind == NumberKind::f32 || width_of(kind) < 4;
}

void decode(NumberKind kind, ByteSpan bytes, std::span<float> out) {
  decode_as(kind, bytes, out);
}

void decode(NumberKind kind, ByteSpan bytes, std::span<double> out) {
  decode_as(kind, bytes, out);
}

std::uint64_t element_bits(NumberKind kind, ByteSpan bytes) {
  switch (width_of(kind)) {
    case 8:
      return load_le<std::uint64_t>(bytes);
    case 4:
      return load_le<std::uint32_t>(bytes);
    case 2:
      return load_le<std::uint16_t>(bytes);
    default:
      return load_le<std::uint8_t>(bytes);
  }
}

Value exact_value(NumberKind kind, std::uint64_t bits) {
  if (kind == NumberKind::f64) return Value::of(ValueType::f64, bits);
  if (kind == NumberKind::f32) return Value::of(ValueType::f32, bits);
  if (const auto floats = as_float(kind)) {
    std::array<std::byte, sizeof(bits)> bytes{};
    store_le(std::span(bytes), 0, bits);
    float number = 0;
    widen(*floats, bytes, std::span(&number, 1));
    return Value::f32(number);
  }
  switch (kind) {
    case NumberKind::i8:
      return Value::of(ValueType::i8, sign_extended<std::int8_t>(bits));
    case NumberKind::i16:
      return Value::of(ValueType::i16, sign_extended<std::int16_t>(bits));
    case NumberKind::i32:
      return Value::of(ValueType::i32, sign_extended<std::int32_t>(bits));
    case NumberKind::i64:
      return Value::of(ValueType::i64, bits);
    case NumberKind::u8:
      return Value::of(ValueType::u8, bits);
    case NumberKind::u16:
      return Value::of(ValueType::u16, bits);
    case NumberKind::u32:
      return Value::of(ValueType::u32, bits);
    case NumberKind::u64:
      return Value::of(ValueType::u64, bits);
    case NumberKind::boolean:
      // Not a Value::boolean: a byte that is neither 0 nor 1 shows as what it is.
      return Value::of(ValueType::u8, bits);
    default:
      return {};
  }
}

}  // namespace aerotool::tasks
