// Boxes of elements: moved from where they lie in a storage, some strides apart, to where a tensor has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace aerotool {

/// A dimension: how many steps, and how far apart they are in the storage and in what is made, in elements.
struct BoxAxis {
  std::uint64_t extent = 0;
  std::int64_t stride = 0;
  std::uint64_t place = 0;
};
using BoxAxes = std::vector<BoxAxis>;

/// Counts through all places of some dimensions.
class Odometer {
 public:
  explicit Odometer(std::size_t dimensions) : at_(dimensions) {}

  std::uint64_t at(std::size_t dimension) const { return at_[dimension]; }
  /// The next place, the last dimension first; false behind the last one.
  template <typename Extent>
  bool next(const Extent& extent) {
    for (std::size_t i = at_.size(); i-- > 0;) {
      if (++at_[i] < extent(i)) return true;
      at_[i] = 0;
    }
    return false;
  }

 private:
  std::vector<std::uint64_t> at_;
};

/// Moves a box of elements of `element` bytes from `in` to `out`, where its first element stands on either
/// side.
void copy_box(const BoxAxes& axes, std::uint32_t element, const std::byte* in, std::byte* out);

}  // namespace aerotool
