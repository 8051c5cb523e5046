#include "transfer/transforms/quantized/rounded_codes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/vectorised.hpp"

namespace aerotool::quantized {
namespace {

constexpr std::uint8_t kAllButHighest = 0x7f;
constexpr std::uint8_t kNoLoss = 0x80;
constexpr std::size_t kWidth = width_of(FloatKind::bf16);

/// The largest of the codes, less their highest bits.
struct LargestCode {
  [[gnu::always_inline]] static void run(const std::uint8_t* codes, std::size_t count,
                                         std::uint8_t* largest) {
    std::uint8_t most = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto code = static_cast<std::uint8_t>(codes[i] & kAllButHighest);
      most = code > most ? code : most;
    }
    *largest = most;
  }
};

CastCounts loss_of(double number) {
  std::array<std::byte, kWidth> element{};
  return narrow(FloatKind::bf16, std::span(&number, 1), element);
}

}  // namespace

void RoundedCodes::set(std::span<const double, kCodes> numbers) {
  const CastCounts counts = narrow(FloatKind::bf16, numbers, elements_);
  first_loss_ = kNoLoss;
  if (!counts.any()) return;
  for (std::size_t code = 0; code < kCodes; ++code) {
    const bool may_be_lost = counts.clipped != 0 || counts.flushed != 0 || std::isnan(numbers[code]);
    losses_[code] = may_be_lost ? loss_of(numbers[code]) : CastCounts{};
    if (losses_[code].any())
      first_loss_ = std::min(first_loss_, static_cast<std::uint8_t>(code & kAllButHighest));
  }
}

CastCounts RoundedCodes::look_up(std::span<const std::uint8_t> codes, std::byte* out) const {
  for (std::size_t i = 0; i < codes.size(); ++i)
    std::memcpy(out + i * kWidth, elements_.data() + codes[i] * kWidth, kWidth);
  CastCounts counts;
  if (first_loss_ == kNoLoss) return counts;
  std::uint8_t largest = 0;
  vectorised<LargestCode>(codes.data(), codes.size(), &largest);
  if (largest < first_loss_) return counts;
  for (const std::uint8_t code : codes) counts.add(losses_[code]);
  return counts;
}

}  // namespace aerotool::quantized
