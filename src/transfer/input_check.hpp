// Holds stored tensors that others are computed from to the digests that their models carry of them. Those
// that are written as they are, are checked over the same read (source_check.hpp); these by a read of their
// own, because what computes from them reads what it needs, in any order and more than once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "io/pipeline.hpp"
#include "transfer/checksum_check.hpp"
#include "transfer/tensor_layout.hpp"

namespace aerotool {

class InputCheck {
 public:
  explicit InputCheck(const TensorLayout& layout);
  InputCheck(const InputCheck&) = delete;
  InputCheck& operator=(const InputCheck&) = delete;

  /// False where no such tensor carries a digest: there is nothing to check.
  bool any() const { return !inputs_.empty(); }
  /// All of their bytes, to be gone through before judge(). This stays where it is.
  std::optional<io::Region> region();
  /// Throws CorruptError that names the tensors whose bytes do not have their digests.
  void judge();

 private:
  void read(std::uint64_t offset, std::span<std::byte> out) const;
  /// The pieces of inputs that lie in a run of the region: which, from where in it, and where in the run.
  void for_each_piece(std::uint64_t offset, std::uint64_t length,
                      const std::function<void(std::size_t input, std::uint64_t offset, std::uint64_t at,
                                               std::uint64_t size)>& visit) const;

  // Beside each other: there can be as many as tensors.
  std::vector<StoredTensor> inputs_;
  std::vector<std::uint64_t> offsets_;  // in the region, one behind the other
  std::vector<io::HashTask> tasks_;
  ChecksumCheck checksums_;  // by the number of the input
  io::ReadAt read_;
  std::uint64_t length_ = 0;
};

}  // namespace aerotool
