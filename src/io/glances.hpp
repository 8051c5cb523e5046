// Looks at short runs of an input, near each other and in ascending order at best: headers between weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/bytes.hpp"
#include "io/input.hpp"

namespace aerotool::io {

class Glances {
 public:
  /// The input outlives this.
  explicit Glances(const Input& input) : input_(input) {}
  Glances(const Glances&) = delete;
  Glances& operator=(const Glances&) = delete;

  /// The bytes [offset, offset + length), which are inside of the input; valid until the next call. Brings in
  /// no more than is looked at. Throws IoError.
  ByteSpan at(std::uint64_t offset, std::size_t length);

 private:
  const Input& input_;
  Bytes near_;  ///< of a file here: mapped, as mapping takes longer than looking
  std::uint64_t begin_ = 0;
  std::vector<std::byte> copy_;
};

}  // namespace aerotool::io
