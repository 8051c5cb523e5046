// The bytes of parts as they are once they are decoded and in little-endian order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "formats/ztensor/tensor_table.hpp"
#include "io/digester.hpp"
#include "io/input.hpp"

namespace aerotool::ztensor {

class PartReader {
 public:
  /// `files` are those that StoredPart::file means, null where one is missing; both outlive this.
  PartReader(const std::vector<std::shared_ptr<io::Input>>& files, const TensorTable& table);
  PartReader(const PartReader&) = delete;
  PartReader& operator=(const PartReader&) = delete;

  /// As Model::read. Throws CorruptError where what is stored does not decode to the tensor, or does not have
  /// the hash that the file has of it as it is stored; of what is empty, too.
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const;

 private:
  struct Decoder;

  const io::Input& file_of(std::size_t tensor) const;
  void require_stored_digest(std::size_t tensor) const;
  void read_swapped(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const;
  void forget_some() const;
  std::shared_ptr<const Decoder> decoder_of(std::size_t tensor) const;

  const std::vector<std::shared_ptr<io::Input>>& files_;
  const TensorTable& table_;
  mutable std::mutex mutex_;
  mutable std::set<std::size_t> sound_;  ///< swapped ones whose digests have been looked at
  /// Those that were used last, by their tensors.
  mutable std::deque<std::pair<std::size_t, std::shared_ptr<const Decoder>>> recent_;
};

/// Reads a part with decoders of its own, as it may be read far from where others are; what it is given
/// outlives it.
io::ReadAt reader_of(const std::vector<std::shared_ptr<io::Input>>& files, const TensorTable& table,
                     std::size_t tensor);

}  // namespace aerotool::ztensor
