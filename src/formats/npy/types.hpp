// NumPy's element types as ours (src/formats/npy/FORMAT.md, "What is read").
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>

#include "model/dtype.hpp"

namespace aerotool::npy {

/// Of packed types that are bytes to NumPy, and kept as they are.
inline constexpr std::string_view kCodec = "numpy";

struct ArrayType {
  DType dtype;
  std::uint32_t width = 1;    ///< bytes of an element
  std::uint32_t swapped = 1;  ///< so many bytes at a time are in the other order
};

/// Holds the types that are not known before a file names them; dtypes that it gave are good as long as it
/// lives.
class Types {
 public:
  Types() = default;
  Types(const Types&) = delete;
  Types& operator=(const Types&) = delete;

  /// Of a 'descr'. Throws HeadProblem that names what is not read.
  ArrayType of(std::string_view descr);

 private:
  DType verbatim(std::uint32_t width);

  std::deque<PackedType> packed_;
};

}  // namespace aerotool::npy
