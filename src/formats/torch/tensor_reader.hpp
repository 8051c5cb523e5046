// The bytes of tensors, row-major and little-endian: where they lie as they are, inflated, gathered from a
// strided view, or negated (src/formats/torch/FORMAT.md, "Tensors").
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "encoding/zip/checked_members.hpp"
#include "formats/torch/container.hpp"
#include "io/digester.hpp"
#include "model/gathered.hpp"
#include "model/tensor.hpp"

namespace aerotool::torch {

/// How a tensor of a model is stored. It is inside of its storage.
struct StoredTensor {
  const ElementType* type = nullptr;
  std::uint64_t begin = 0;        ///< its first byte in the storage
  std::uint32_t storage = kNone;  ///< without one it is on the device `meta`
  std::uint32_t view = kNone;  ///< of StoredTensors::views; none where it is a run of its storage, as it is
  bool is_conjugate = false;   ///< as PickledTensor has them
  bool is_negated = false;

  bool is_plain() const { return view == kNone; }
};

/// Of a model's tensors. Few are no runs of their storages.
struct StoredTensors {
  std::vector<StoredTensor> all;   ///< beside the model's tensors
  std::vector<StridedView> views;  ///< in elements of theirs
};

class TensorReader {
 public:
  /// All outlive this.
  TensorReader(const io::Input& input, const CheckpointFile& file, const std::vector<Tensor>& tensors,
               const StoredTensors& stored)
      : input_(input), file_(file), tensors_(tensors), stored_(stored) {}
  TensorReader(const TensorReader&) = delete;
  TensorReader& operator=(const TensorReader&) = delete;

  /// As Model::read. What is inflated, or gathered from all of a storage, is held to its CRC-32. Throws
  /// CorruptError, and UnsupportedError for what has no bytes.
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const;

  bool has_storage(std::size_t tensor) const { return stored_.all[tensor].storage != kNone; }
  /// The storage's; of a tensor that has one.
  const StoragePlace& place(std::size_t tensor) const { return file_.places[stored_.all[tensor].storage]; }
  /// The member that it lies in; null where there is no archive.
  const zip::Entry* entry(std::size_t tensor) const;
  bool is_deflated(std::size_t tensor) const;
  /// So many bytes at a time are in the other order.
  std::uint32_t swapped(std::size_t tensor) const;

 private:
  struct Decoder;

  std::shared_ptr<const Decoder> decoder_of(std::size_t tensor) const;
  GatherSource source_of(std::size_t tensor, Decoder& decoder) const;
  void require_crc(std::size_t tensor) const;
  void negate(std::size_t tensor, std::uint64_t offset, std::span<std::byte> bytes) const;

  const io::Input& input_;
  const CheckpointFile& file_;
  const std::vector<Tensor>& tensors_;
  const StoredTensors& stored_;
  std::shared_ptr<Gathered::Room> room_ = Gathered::make_room();
  mutable zip::CheckedMembers checked_;
  mutable std::mutex mutex_;
  /// Those that were used last, by their tensors.
  mutable std::deque<std::pair<std::size_t, std::shared_ptr<const Decoder>>> recent_;
};

/// The view of a pickled tensor of its storage, in its own elements.
StridedView view_of(const PickledTensor& tensor);

}  // namespace aerotool::torch
