// An archive of arrays that is to be written: where each member and its data go, and what stands around the
// data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "encoding/zip/writer.hpp"
#include "formats/npy/plan_content.hpp"
#include "transfer/tensor_layout.hpp"

namespace aerotool::npz {

class WrittenArchive {
 public:
  /// Throws UnsupportedError where a name is none for an archive, or the whole is too large.
  WrittenArchive(const Plan& plan, std::vector<PlannedTensor> tensors);

  /// One shard: the file up to its directory. What stands around the tensors is zeros in it.
  const TensorLayout& layout() const { return layout_; }
  std::uint64_t directory() const { return layout_.shards.front().size; }
  std::uint64_t size() const { return size_; }

  /// What stands before the data of a tensor, and where it begins. `crc`: of its data.
  std::uint64_t head_begin(std::size_t tensor) const;
  std::string head(std::size_t tensor, std::uint32_t crc) const;
  /// Hands over the directory and the end, in order and in pieces.
  void put_directory(const std::function<std::uint32_t(std::size_t tensor)>& crc_of,
                     const std::function<void(ByteSpan)>& put) const;

 private:
  void require_names(const Plan& plan) const;
  /// Without its CRC-32.
  zip::Member member(std::size_t tensor, const std::string& array_head) const;
  zip::Member member_with_crc(std::size_t tensor, const std::string& array_head, std::uint32_t crc) const;
  const Tensor& tensor(std::size_t number) const { return layout_.tensors[number].tensor(); }

  TensorLayout layout_;
  std::uint64_t size_ = 0;
};

}  // namespace aerotool::npz
