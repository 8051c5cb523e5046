// The elements of a tensor as numbers, whatever they are stored as: what casts, merges and comparisons work
// on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "codecs/floats/float_kind.hpp"
#include "codecs/floats/narrow.hpp"
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

  /// The same doubles, from `first` on, for those who need them once: so many at a time that they stay in a
  /// core's cache, in order. `visit` gets the index of the first of them.
  using Visit = std::function<void(std::uint64_t first, std::span<const double> numbers)>;
  virtual void for_each_run(std::uint64_t first, std::uint64_t count, const Visit& visit) const;

  /// The kind that they are stored as, one by one, where they are: then read_stored() fills `out` with the
  /// elements as they lie in the file.
  virtual std::optional<FloatKind> stored_kind() const { return std::nullopt; }
  virtual void read_stored(std::uint64_t /*first*/, std::span<std::byte> /*out*/) const {}

  /// The kind that there is a faster way to than to read numbers and to round each of them, if there is one:
  /// then read_rounded() fills `out` with elements of it, and returns what became of the numbers. Both as
  /// narrow() does.
  virtual std::optional<FloatKind> rounded_kind() const { return std::nullopt; }
  virtual CastCounts read_rounded(std::uint64_t /*first*/, std::span<std::byte> /*out*/) const { return {}; }

  /// How many are decoded at once (a block): a part of them takes as long as all.
  virtual std::uint64_t unit() const { return 1; }

  /// As ByteSource has them.
  virtual const std::string& path() const = 0;
  virtual std::vector<StoredTensor> inputs() const = 0;
};

/// Numbers that F32 does not hold.
class DoubleSource : public ValueSource {
 public:
  bool fits_f32() const final { return false; }
  void read(std::uint64_t /*first*/, std::span<float> /*out*/) const final {
    throw std::logic_error("numbers that F32 does not hold are read as doubles");
  }
  void read(std::uint64_t first, std::span<double> out) const override = 0;
};

}  // namespace aerotool
