#include "transfer/transforms/merge/dare.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/bytes.hpp"
#include "core/vectorised.hpp"
#include "hash/blake3.hpp"
#include "transfer/transforms/merge/kernels.hpp"

namespace aerotool::merging {
namespace {

struct Product {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};

__extension__ using Wide = unsigned __int128;

Product product(std::uint64_t a, std::uint64_t b) {
  const Wide wide = static_cast<Wide>(a) * b;
  return {static_cast<std::uint64_t>(wide >> 64), static_cast<std::uint64_t>(wide)};
}

class Dare final : public Sparsifier {
 public:
  Dare(PhiloxKey key, double density, bool rescale) : key_(key), density_(density), rescale_(rescale) {
    limit_ = static_cast<std::uint64_t>(std::floor(std::max(density, 0.0) * 0x1p32));
  }

  void apply(std::uint64_t first, std::span<double> differences) const override {
    for (std::size_t i = 0; i < differences.size();) {
      const std::uint64_t element = first + i;
      const auto numbers = dare_numbers(element / 8, key_);
      const auto begin = static_cast<std::size_t>(element % 8);
      const std::size_t count = std::min(8 - begin, differences.size() - i);
      for (std::size_t j = 0; j < count; ++j) {
        if (numbers[begin + j] >= limit_) differences[i + j] = 0;
      }
      i += count;
    }
    if (rescale_ && density_ > 0) vectorised<Divide>(density_, differences);
  }

 private:
  PhiloxKey key_;
  double density_;
  bool rescale_;
  std::uint64_t limit_ = 0;
};

}  // namespace

PhiloxBlock philox4x64(PhiloxBlock counter, PhiloxKey key) {
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const Product one = product(0xD2E7470EE14C6C93U, counter[0]);
    const Product other = product(0xCA5A826395121157U, counter[2]);
    counter = {other.high ^ counter[1] ^ key[0], other.low, one.high ^ counter[3] ^ key[1], one.low};
    key[0] += 0x9E3779B97F4A7C15U;
    key[1] += 0xBB67AE8584CAA73BU;
  }
  return counter;
}

PhiloxKey dare_key(std::uint64_t seed, std::uint32_t model, std::string_view tensor) {
  std::string text(4, '\0');
  store_le(std::as_writable_bytes(std::span(text)), 0, model);
  text += tensor;
  const Digest digest = hash::blake3(bytes_of(text));
  return {seed, load_le<std::uint64_t>(digest)};
}

std::array<std::uint32_t, 8> dare_numbers(std::uint64_t group, PhiloxKey key) {
  const PhiloxBlock block = philox4x64({group + 1, 0, 0, 0}, key);
  std::array<std::uint32_t, 8> numbers{};
  for (std::size_t i = 0; i < block.size(); ++i) {
    numbers[2 * i] = static_cast<std::uint32_t>(block[i]);
    numbers[2 * i + 1] = static_cast<std::uint32_t>(block[i] >> 32);
  }
  return numbers;
}

Sparsifying dare(PhiloxKey key, double density, bool rescale) {
  if (density == 1) return nullptr;
  return std::make_shared<Dare>(key, density, rescale);
}

}  // namespace aerotool::merging
