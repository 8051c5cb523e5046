// Numbers rounded to a floating-point type, as the bytes of a tensor.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "codecs/floats/narrow.hpp"
#include "core/taken_runs.hpp"
#include "transfer/byte_source.hpp"
#include "transfer/value_source.hpp"

namespace aerotool {

/// What became of the numbers of a tensor that its new type cannot hold. Each element counts once, however
/// often it is read. Thread-safe.
class CastTally {
 public:
  CastCounts counts() const;

  /// Takes the elements [begin, end) as read. Returns the runs of them that were not before, in order.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> take(std::uint64_t begin, std::uint64_t end);
  void add(const CastCounts& counts);

 private:
  mutable std::mutex mutex_;
  TakenRuns taken_;
  CastCounts counts_;
};

/// What is done where a finite number is too large for the type.
enum class Overflow : std::uint8_t { clip, refuse };

/// What the values are made for: the type, which is_written(), and who counts what is lost (null: nobody).
/// With Overflow::refuse, which needs a tally, ByteSource::judge() throws UnsupportedError that names the
/// tensor.
struct Cast {
  FloatKind kind = FloatKind::f32;
  std::shared_ptr<CastTally> tally = {};
  Overflow overflow = Overflow::clip;
  std::string name = {};  ///< of the tensor, for messages
};

/// `values` rounded once.
std::shared_ptr<const ByteSource> cast(std::shared_ptr<const ValueSource> values, Cast to);

}  // namespace aerotool
