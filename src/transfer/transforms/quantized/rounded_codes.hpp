// Codes of a byte that share a scale, as BF16: there are no more than 256 of them, so that each is computed
// and rounded once and then looked up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "codecs/floats/narrow.hpp"

namespace aerotool::quantized {

/// Not of narrower types: many small numbers become zero there, and to count them takes longer than to round
/// them.
class RoundedCodes {
 public:
  static constexpr std::size_t kCodes = 256;

  /// Rounds `numbers`, which has what each code is.
  void set(std::span<const double, kCodes> numbers);

  /// Fills `out`, an element for each of `codes`; returns what became of the numbers, as narrow() does.
  CastCounts look_up(std::span<const std::uint8_t> codes, std::byte* out) const;

 private:
  std::array<std::byte, kCodes * 2> elements_{};
  std::array<CastCounts, kCodes> losses_{};
  // The least code, less its highest bit, that is a loss: codes that stand for large numbers and NaN are the
  // last ones, so that hardly any run has to be counted.
  std::uint8_t first_loss_ = 0;
};

}  // namespace aerotool::quantized
