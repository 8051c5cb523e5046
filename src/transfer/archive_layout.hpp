// A zip archive of tensors that is to be written, as NumPy and PyTorch have them: where each member and its
// data go, and what stands around the data. Each tensor is a stored member, aligned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "encoding/zip/writer.hpp"
#include "transfer/tensor_layout.hpp"

namespace aerotool {

/// A member before those of the tensors.
struct ArchiveFile {
  using Sink = std::function<void(ByteSpan)>;

  std::string name;
  /// Hands over its bytes: of the same length each time. It is given the archive's tensors.
  std::function<void(std::span<const PlannedTensor> tensors, const Sink& sink)> put;
};

struct ArchiveContent {
  std::vector<ArchiveFile> files;
  std::vector<PlannedTensor> tensors;  ///< in the order in which they are written
  /// What a tensor's member is called. The second is its number.
  std::function<std::string(const Tensor& tensor, std::size_t number)> name_of;
  /// What stands in the member before the tensor's bytes: a multiple of kAlignment.
  std::function<std::string(const Tensor& tensor)> head_of = [](const Tensor&) { return std::string(); };
};

class ArchiveLayout {
 public:
  using Sink = ArchiveFile::Sink;
  /// The CRC-32 of a tensor's bytes.
  using Crc = std::function<std::uint32_t(std::size_t tensor)>;

  /// Of each member's bytes in the file.
  static constexpr std::uint64_t kAlignment = 64;

  /// Throws UnsupportedError where the whole is too large.
  ArchiveLayout(const Plan& plan, ArchiveContent content);

  /// One shard: the file behind the members before the tensors and up to its directory. What stands around
  /// the tensors is zeros in it.
  const TensorLayout& layout() const { return layout_; }
  std::uint64_t begin() const { return begin_; }  ///< of the shard
  std::uint64_t directory() const { return begin_ + layout_.shards.front().size; }
  std::uint64_t size() const { return size_; }

  /// Hands over what stands before the shard: begin() bytes. Before put_directory().
  void put_files(const Sink& put);
  /// What stands before the data of a tensor, and where in the shard it begins.
  std::uint64_t head_begin(std::size_t tensor) const;
  std::string head(std::size_t tensor, std::uint32_t crc) const;
  /// Hands over the directory and the end, in order and in pieces.
  void put_directory(const Crc& crc_of, const Sink& put) const;

 private:
  /// Without its CRC-32.
  zip::Member member(std::size_t tensor, const std::string& tensor_head) const;
  zip::Member member_with_crc(std::size_t tensor, const std::string& tensor_head, std::uint32_t crc) const;
  const Tensor& tensor(std::size_t number) const { return layout_.tensors[number].tensor(); }

  ArchiveContent content_;          // without its tensors
  std::vector<zip::Member> files_;  // beside content_.files
  TensorLayout layout_;
  std::uint64_t begin_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace aerotool
