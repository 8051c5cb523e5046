// The bytes of arrays in an archive, row-major and little-endian: where they lie as they are, inflated from
// front to back, or gathered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "encoding/zip/archive.hpp"
#include "encoding/zip/checked_members.hpp"
#include "formats/npy/array.hpp"
#include "io/digester.hpp"
#include "model/gathered.hpp"
#include "model/tensor.hpp"

namespace aerotool::npz {

/// How an array lies in the archive, beside its tensor.
struct StoredArray {
  std::uint32_t member = 0;  ///< of the archive's entries
  std::uint32_t data = 0;    ///< where its data begins in what the member is
  std::uint32_t crc = 0;     ///< of its data, where nothing follows that
  bool is_all = false;       ///< nothing follows it
  npy::Storing storing;
};

class ArrayReader {
 public:
  /// All outlive this.
  ArrayReader(const zip::Archive& archive, const std::vector<Tensor>& tensors,
              const std::vector<StoredArray>& arrays)
      : archive_(archive), tensors_(tensors), arrays_(arrays) {}
  ArrayReader(const ArrayReader&) = delete;
  ArrayReader& operator=(const ArrayReader&) = delete;

  /// As Model::read. What is deflated or gathered is held to its CRC-32: throws CorruptError.
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const;

 private:
  struct Decoder;

  std::shared_ptr<const Decoder> decoder_of(std::size_t tensor) const;

  const zip::Archive& archive_;
  const std::vector<Tensor>& tensors_;
  const std::vector<StoredArray>& arrays_;
  std::shared_ptr<Gathered::Room> room_ = Gathered::make_room();
  mutable zip::CheckedMembers checked_;
  mutable std::mutex mutex_;
  /// Those that were used last, by their tensors.
  mutable std::deque<std::pair<std::size_t, std::shared_ptr<const Decoder>>> recent_;
};

}  // namespace aerotool::npz
