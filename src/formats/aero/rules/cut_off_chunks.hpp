// Chunks of an AERO file that its end cuts off, and the tensors in them: one fault.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "formats/aero/layout.hpp"
#include "model/cut_off.hpp"
#include "model/tensor.hpp"

namespace aerotool::aero {

class CutOffChunks {
 public:
  CutOffChunks() = default;
  CutOffChunks(std::vector<Chunk> chunks, std::uint64_t file_size);

  bool empty() const { return chunks_.empty(); }
  /// Whether `size` bytes at `offset` lie in a shard of that name that is cut off: the tensor cannot be used,
  /// and report() tells.
  bool holds(const std::string& shard, const Tensor& tensor, std::uint64_t offset, std::uint64_t size);
  /// Names the tensors that end after the file does, or else the chunks.
  void report(const std::string& path, Report& report);

 private:
  std::vector<Chunk> chunks_;
  std::uint64_t file_size_ = 0;
  std::uint64_t needed_ = 0;
  std::unordered_map<std::string, std::size_t> shards_;  // by name
  CutOff tensors_;
};

}  // namespace aerotool::aero
