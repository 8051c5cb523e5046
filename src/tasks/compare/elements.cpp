#include "tasks/compare/elements.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace aerotool::tasks {
namespace {

// IEEE's half: sign, 5 bits of exponent with bias 15, 10 of fraction. A double has 42 bits more of fraction
// and a bias of 1023, so that the fields need to be moved and the exponent to be raised; only subnormals,
// which a double holds as normal numbers, are computed.
double f16_value(std::uint16_t half) {
  constexpr std::uint64_t kSmallestNormal = 0x400;
  constexpr std::uint64_t kInfinity = 0x7c00;
  constexpr std::uint64_t kRaise = std::uint64_t{1023 - 15} << 52;
  constexpr std::uint64_t kRaiseToAllOnes = std::uint64_t{0x7ff - 0x1f} << 52;
  const std::uint64_t magnitude = half & 0x7fffU;
  const std::uint64_t sign = std::uint64_t{half & 0x8000U} << 48;
  if (magnitude < kSmallestNormal) {
    const double value = static_cast<double>(magnitude) * 0x1p-24;
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) | sign);
  }
  const std::uint64_t raise = magnitude < kInfinity ? kRaise : kRaiseToAllOnes;
  return std::bit_cast<double>(((magnitude << 42) + raise) | sign);
}

double bf16_value(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

// The upper half of an F16.
double f8_e5m2_value(std::uint8_t bits) {
  return f16_value(static_cast<std::uint16_t>(bits << 8));
}

// Sign, 4 bits of exponent with bias 7, 3 of fraction; no infinities, and one NaN of either sign.
std::array<double, 256> f8_e4m3_values() {
  std::array<double, 256> values{};
  for (unsigned bits = 0; bits < values.size(); ++bits) {
    const int exponent = static_cast<int>(bits >> 3 & 15);
    const int fraction = static_cast<int>(bits & 7);
    double value = exponent == 0 ? std::ldexp(fraction, -9) : std::ldexp(8 + fraction, exponent - 10);
    if ((bits & 0x7f) == 0x7f) value = std::numeric_limits<double>::quiet_NaN();
    values.at(bits) = (bits & 0x80) != 0 ? -value : value;
  }
  return values;
}

double f8_e4m3_value(std::uint8_t bits) {
  static const std::array<double, 256> values = f8_e4m3_values();
  return values.at(bits);
}

template <typename Signed>
std::uint64_t sign_extended(std::uint64_t bits) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<Signed>(bits)));
}

template <typename Bits, typename Convert>
void decode_each(ByteSpan bytes, std::span<double> out, Convert convert) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = convert(load_le<Bits>(bytes, i * sizeof(Bits)));
}

template <typename Bits, typename Number>
void decode_integers(ByteSpan bytes, std::span<double> out) {
  decode_each<Bits>(bytes, out, [](Bits bits) { return static_cast<double>(static_cast<Number>(bits)); });
}

}  // namespace

std::optional<NumberKind> number_kind(const DType& dtype) {
  switch (dtype.code()) {
    case DTypeCode::f16:
      return NumberKind::f16;
    case DTypeCode::f32:
      return NumberKind::f32;
    case DTypeCode::bf16:
      return NumberKind::bf16;
    case DTypeCode::f64:
      return NumberKind::f64;
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
    case DTypeCode::packed:
      break;
  }
  for (const auto& [name, kind] :
       {std::pair{"F8_E4M3", NumberKind::f8_e4m3}, std::pair{"F8_E5M2", NumberKind::f8_e5m2}}) {
    if (dtype == dtype_named(name)) return kind;
  }
  return std::nullopt;
}

std::size_t width_of(NumberKind kind) {
  switch (kind) {
    case NumberKind::f64:
    case NumberKind::i64:
    case NumberKind::u64:
      return 8;
    case NumberKind::f32:
    case NumberKind::i32:
    case NumberKind::u32:
      return 4;
    case NumberKind::f16:
    case NumberKind::bf16:
    case NumberKind::i16:
    case NumberKind::u16:
      return 2;
    case NumberKind::f8_e4m3:
    case NumberKind::f8_e5m2:
    case NumberKind::i8:
    case NumberKind::u8:
    case NumberKind::boolean:
      return 1;
  }
  return 1;
}

void decode(NumberKind kind, ByteSpan bytes, std::span<double> out) {
  switch (kind) {
    case NumberKind::f64:
      return decode_each<std::uint64_t>(bytes, out,
                                        [](std::uint64_t bits) { return std::bit_cast<double>(bits); });
    case NumberKind::f32:
      return decode_each<std::uint32_t>(
          bytes, out, [](std::uint32_t bits) { return static_cast<double>(std::bit_cast<float>(bits)); });
    case NumberKind::f16:
      return decode_each<std::uint16_t>(bytes, out, f16_value);
    case NumberKind::bf16:
      return decode_each<std::uint16_t>(bytes, out, bf16_value);
    case NumberKind::f8_e4m3:
      return decode_each<std::uint8_t>(bytes, out, f8_e4m3_value);
    case NumberKind::f8_e5m2:
      return decode_each<std::uint8_t>(bytes, out, f8_e5m2_value);
    case NumberKind::i8:
      return decode_integers<std::uint8_t, std::int8_t>(bytes, out);
    case NumberKind::i16:
      return decode_integers<std::uint16_t, std::int16_t>(bytes, out);
    case NumberKind::i32:
      return decode_integers<std::uint32_t, std::int32_t>(bytes, out);
    case NumberKind::i64:
      return decode_integers<std::uint64_t, std::int64_t>(bytes, out);
    case NumberKind::u8:
      return decode_integers<std::uint8_t, std::uint8_t>(bytes, out);
    case NumberKind::u16:
      return decode_integers<std::uint16_t, std::uint16_t>(bytes, out);
    case NumberKind::u32:
      return decode_integers<std::uint32_t, std::uint32_t>(bytes, out);
    case NumberKind::u64:
      return decode_integers<std::uint64_t, std::uint64_t>(bytes, out);
    case NumberKind::boolean:
      return decode_each<std::uint8_t>(bytes, out, [](std::uint8_t bits) { return bits == 0 ? 0.0 : 1.0; });
  }
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
  switch (kind) {
    case NumberKind::f64:
      return Value::of(ValueType::f64, bits);
    case NumberKind::f32:
      return Value::of(ValueType::f32, bits);
    case NumberKind::f16:
      return Value::f32(static_cast<float>(f16_value(static_cast<std::uint16_t>(bits))));
    case NumberKind::bf16:
      return Value::of(ValueType::f32, bits << 16);
    case NumberKind::f8_e4m3:
      return Value::f32(static_cast<float>(f8_e4m3_value(static_cast<std::uint8_t>(bits))));
    case NumberKind::f8_e5m2:
      return Value::f32(static_cast<float>(f8_e5m2_value(static_cast<std::uint8_t>(bits))));
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
  }
  return {};
}

}  // namespace aerotool::tasks
