// What the mutators of files have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>

#include "core/bytes.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace aerotool::fuzz {

using Random = std::minstd_rand;

inline bool one_in(Random& random, unsigned n) {
  return random() % n == 0;
}

/// LLVMFuzzerMutate on a string that may grow by a little.
inline void mutate(std::string& bytes) {
  constexpr std::size_t kRoom = 256;
  const std::size_t size = bytes.size();
  bytes.resize(size + kRoom);
  bytes.resize(LLVMFuzzerMutate(octets_of(std::as_writable_bytes(std::span(bytes))), size, bytes.size()));
}

}  // namespace aerotool::fuzz
