// The points that the IQ types of one to three bits choose from. The tables are ggml's, and hold indexes into
// the few values that a point is made of; the compiler spreads them to bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace aerotool::ggml::kernels {

template <std::size_t Points, std::size_t Values>
using Grid = std::array<std::array<std::int8_t, Values>, Points>;

/// `codes` has an index into `values` for each value of a point, the first one in the lowest bits.
template <std::size_t Values, std::size_t Points, std::size_t Choices>
constexpr Grid<Points, Values> spread(const std::uint16_t (&codes)[Points],
                                      const std::int8_t (&values)[Choices]) {
  constexpr unsigned kBits = 16 / Values < 4 ? 2 : 3;
  Grid<Points, Values> grid{};
  for (std::size_t point = 0; point < Points; ++point) {
    unsigned code = codes[point];
    for (std::int8_t& value : grid[point]) {
      value = values[code % (1U << kBits)];
      code >>= kBits;
    }
  }
  return grid;
}

extern const Grid<256, 8> kGridIq2Xxs;
extern const Grid<512, 8> kGridIq2Xs;
extern const Grid<1024, 8> kGridIq2S;
extern const Grid<256, 4> kGridIq3Xxs;
extern const Grid<512, 4> kGridIq3S;
/// Eight times ggml's values, which are -1, 0 and 1: the kernels add 1 or -1, where ggml adds an eighth.
extern const Grid<2048, 8> kGridIq1;

}  // namespace aerotool::ggml::kernels
