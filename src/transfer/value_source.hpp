// The elements of a tensor as numbers, whatever they are stored as: what casts, merges and comparisons work
// on.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "transfer/byte_source.hpp"

namespace aerotool {

/// Numbers in row-major order. Nothing of them is held but what is being read.
class ValueSource {
 public:
  ValueSource() = default;
  ValueSource(const ValueSource&) = delete;
  ValueSource& operator=(const ValueSource&) = delete;
  virtual ~ValueSource() = default;

  virtual std::uint64_t count() const = 0;
  /// Whether F32 holds every number exactly: then they are read as floats, which is faster. Else they are
  /// read as doubles alone, and what is made of them is rounded once.
  virtual bool fits_f32() const = 0;
  /// Fills `out` with the numbers from `first` on; the range is inside of the source. The same numbers each
  /// time, however they are asked for. Thread-safe. Throws what Model::read throws. Floats only where
  /// fits_f32().
  virtual void read(std::uint64_t first, std::span<float> out) const = 0;
  virtual void read(std::uint64_t first, std::span<double> out) const = 0;
  /// How many are decoded at once (a block): a part of them takes as long as all.
  virtual std::uint64_t unit() const { return 1; }

  /// As ByteSource has them.
  virtual const std::string& path() const = 0;
  virtual std::vector<StoredTensor> inputs() const = 0;
};

}  // namespace aerotool
