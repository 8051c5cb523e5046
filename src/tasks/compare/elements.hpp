// Elements of numeric dtypes as numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/bytes.hpp"
#include "encoding/value.hpp"
#include "model/dtype.hpp"

namespace aerotool::tasks {

/// The dtypes whose elements are numbers of their own.
enum class NumberKind : std::uint8_t {
  // As FloatKind has them.
  f64,
  f32,
  bf16,
  f16,
  f8_e4m3,
  f8_e5m2,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  f8_e8m0,
  i8,
  i16,
  i32,
  i64,
  u8,
  u16,
  u32,
  u64,
  boolean
};

/// Nothing for blocks, complex numbers and whatever else has no one number an element.
std::optional<NumberKind> number_kind(const DType& dtype);

/// Bytes of one element.
std::size_t width_of(NumberKind kind);

/// Whether F32 holds every number of the kind exactly.
bool fits_f32(NumberKind kind);

/// Fills `out` with the elements that `bytes` begin with; as floats only those of a kind that fits_f32().
/// Exact but for 64-bit integers past 2^53, which are rounded. A boolean is 0 or 1.
void decode(NumberKind kind, ByteSpan bytes, std::span<float> out);
void decode(NumberKind kind, ByteSpan bytes, std::span<double> out);

/// The element that `bytes` begin with, as its bits.
std::uint64_t element_bits(NumberKind kind, ByteSpan bytes);

/// An element by its bits, exact, in a type that shows in as few digits as its dtype needs.
Value exact_value(NumberKind kind, std::uint64_t bits);

}  // namespace aerotool::tasks
