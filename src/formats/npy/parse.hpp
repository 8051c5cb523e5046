// The head of a NumPy .npy file of any version (src/formats/npy/FORMAT.md, "What is read").
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/finding_code.hpp"
#include "model/tensor.hpp"

namespace aerotool::npy {

inline constexpr std::string_view kMagic = "\x93NUMPY";
inline constexpr std::size_t kMaxRank = 64;
/// As NumPy itself has it.
inline constexpr std::uint64_t kMaxHeader = 10'000;

/// What keeps a head from being understood; who knows the file makes an Error of it.
class HeadProblem : public std::runtime_error {
 public:
  explicit HeadProblem(const std::string& what, Code code = Code::malformed)
      : std::runtime_error(what), code_(code) {}
  Code code() const { return code_; }

 private:
  Code code_;
};

// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct Head {
  std::string descr;  ///< "<f4"
  bool is_fortran = false;
  Shape shape;
  std::uint64_t data = 0;  ///< where the data begins
};

/// Bytes of the file, valid until the next call; the range is inside of it.
using Look = std::function<ByteSpan(std::uint64_t offset, std::size_t length)>;

/// Reads the head of a file of `size` bytes, and no data. Throws HeadProblem.
Head read_head(std::uint64_t size, const Look& look);

/// Of a dictionary as it stands in the head; without the place of the data. Throws HeadProblem.
Head parse_dictionary(std::string_view text);

}  // namespace aerotool::npy
