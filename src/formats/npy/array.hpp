// An array as it lies in a .npy file, or in a member of an archive.
#pragma once

#include <cstdint>

#include "formats/npy/parse.hpp"
#include "formats/npy/types.hpp"
#include "model/gathered.hpp"
#include "model/tensor.hpp"

namespace aerotool::npy {

/// How its elements are stored.
struct Storing {
  std::uint32_t width = 1;    ///< bytes of an element
  std::uint32_t swapped = 1;  ///< as GatheredElements::swapped
  bool is_fortran = false;    ///< the first dimension is the fastest, and that makes a difference

  bool is_plain() const { return swapped == 1 && !is_fortran; }
};

// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct Array {
  Tensor tensor;  ///< without a name; its offset is that in the file
  Storing storing;
};

/// Reads the head of a file of `size` bytes, and no data, which may be longer than the file or shorter.
/// Throws HeadProblem.
Array read_array(std::uint64_t size, const Look& look, Types& types);

/// For who reads what is not plain.
GatheredElements elements_of(const Tensor& tensor, const Storing& storing);

}  // namespace aerotool::npy
