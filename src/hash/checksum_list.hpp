// Checksums by number, for as many as a model has tensors: each takes the bytes that it has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hash/checksum.hpp"

namespace aerotool::hash {

class ChecksumList {
 public:
  /// There are so many numbers; those that are new have no checksum.
  void resize(std::size_t size);
  std::size_t size() const { return kinds_.size(); }

  void set(std::size_t number, const Checksum& checksum);
  bool has(std::size_t number) const { return kinds_[number] != kNone; }
  /// One that is there.
  Checksum at(std::size_t number) const;

 private:
  static constexpr std::uint8_t kNone = 0xff;

  void widen(std::size_t width);

  std::vector<std::uint8_t> kinds_;  // algorithm, and over what
  std::vector<std::byte> values_;    // of the width of the widest one
  std::size_t width_ = 0;
};

}  // namespace aerotool::hash
