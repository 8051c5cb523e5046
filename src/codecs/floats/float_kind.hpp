// The floating-point types whose elements are numbers of their own.
#pragma once

#include <cstddef>
#include <cstdint>

namespace aerotool {

enum class FloatKind : std::uint8_t {
  f64,
  f32,
  bf16,
  f16,
  f8_e4m3,
  f8_e5m2,
  // What follows is read, and not written: weights have no use for it.
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  f8_e8m0
};

/// Bytes of one element.
constexpr std::size_t width_of(FloatKind kind) {
  switch (kind) {
    case FloatKind::f64:
      return 8;
    case FloatKind::f32:
      return 4;
    case FloatKind::bf16:
    case FloatKind::f16:
      return 2;
    default:
      return 1;
  }
}

/// Whether numbers can be rounded to it (narrow.hpp).
constexpr bool is_written(FloatKind kind) {
  return kind <= FloatKind::f8_e5m2;
}

}  // namespace aerotool
