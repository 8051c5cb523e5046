#include "codecs/ggml/encode_q8_0.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#include "codecs/floats/narrow.hpp"
#include "core/vectorised.hpp"

namespace aerotool::ggml {
namespace {

constexpr std::size_t kGroup = 32;
constexpr std::size_t kGroupBytes = 2 + kGroup;
constexpr std::size_t kGroupsAtOnce = 64;
/// The smallest number that F16 rounds to an infinity.
constexpr float kHalfOverflows = 65520;

struct QuantizeGroups {
  /// Writes all but the scales into the blocks; `sound` becomes false where a scale is no number of F16.
  [[gnu::always_inline]] static void run(std::span<const float> values, std::span<std::byte> out,
                                         std::span<float> scales, bool* sound) {
    for (std::size_t group = 0; group < scales.size(); ++group) {
      const float* from = values.data() + group * kGroup;
      // As integers, for which the order does not matter, and where Inf and NaN are above all numbers.
      std::uint32_t largest = 0;
      for (std::size_t i = 0; i < kGroup; ++i) {
        largest = std::max(largest, std::bit_cast<std::uint32_t>(from[i]) & 0x7fffffffU);
      }
      const float scale = std::bit_cast<float>(largest) / 127.0F;
      // Not true of a NaN either.
      if (!(scale < kHalfOverflows)) {
        *sound = false;
        return;
      }
      float inverse = scale != 0 ? 1.0F / scale : 0.0F;
      // The products would be infinite; what x86 makes of those is 0, and so is the scale as F16.
      if (inverse > std::numeric_limits<float>::max()) inverse = 0;
      std::array<std::int8_t, kGroup> quants;
      for (std::size_t i = 0; i < kGroup; ++i) {
        const float product = from[i] * inverse;
        const auto whole = static_cast<std::int32_t>(product);
        const float rest = product - static_cast<float>(whole);  // exact
        const std::int32_t away = (rest >= 0.5F ? 1 : 0) - (rest <= -0.5F ? 1 : 0);
        quants[i] = static_cast<std::int8_t>(whole + away);
      }
      std::memcpy(out.data() + group * kGroupBytes + 2, quants.data(), kGroup);
      scales[group] = scale;
    }
  }
};

}  // namespace

bool encode_q8_0(std::span<const float> values, std::span<std::byte> out) {
  std::array<float, kGroupsAtOnce> room;
  std::array<std::byte, 2 * kGroupsAtOnce> halves;
  bool sound = true;
  while (values.size() >= kGroup) {
    const std::size_t groups = std::min(kGroupsAtOnce, values.size() / kGroup);
    const std::span<float> scales(room.data(), groups);
    vectorised<QuantizeGroups>(values, out, scales, &sound);
    if (!sound) return false;
    // Only now, for the integers are made with the scale that is not rounded yet.
    narrow(FloatKind::f16, std::span<const float>(scales), std::span(halves).first(2 * groups));
    for (std::size_t i = 0; i < groups; ++i) {
      std::memcpy(out.data() + i * kGroupBytes, halves.data() + 2 * i, 2);
    }
    values = values.subspan(groups * kGroup);
    out = out.subspan(groups * kGroupBytes);
  }
  return true;
}

}  // namespace aerotool::ggml
