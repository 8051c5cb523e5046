// DARE's random numbers, and what it leaves out by them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "transfer/transforms/merge/sparsifier.hpp"

namespace aerotool::merging {

/// Philox4x64-10 of Salmon et al., Parallel random numbers: as easy as 1, 2, 3, 2011.
using PhiloxBlock = std::array<std::uint64_t, 4>;
using PhiloxKey = std::array<std::uint64_t, 2>;
PhiloxBlock philox4x64(PhiloxBlock counter, PhiloxKey key);

/// The key for a tensor of a model, which is the n-th of those without the base: the seed, and the first 8
/// bytes, little-endian, of BLAKE3 over the number as 32 bits, little-endian, and the tensor's name.
PhiloxKey dare_key(std::uint64_t seed, std::uint32_t model, std::string_view tensor);

/// The 32 random bits of elements 8 `group` to 8 `group` + 7.
std::array<std::uint32_t, 8> dare_numbers(std::uint64_t group, PhiloxKey key);

/// Keeps an element where its random bits are below floor(density * 2^32), divided by the density with
/// `rescale`. Null where that keeps all as they are.
Sparsifying dare(PhiloxKey key, double density, bool rescale);

}  // namespace aerotool::merging
