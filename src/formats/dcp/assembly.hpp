// A tensor put together of its chunks. What of a chunk lies between two elements of the tensor is one run of
// the chunk: it is read at once, however narrow its rows are, and then scattered (src/formats/dcp/FORMAT.md,
// "Reading").
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "formats/dcp/index.hpp"
#include "formats/dcp/items.hpp"

namespace aerotool::dcp {

/// A box of a row-major tensor whose elements are bytes: the last dimension is wider.
class Box {
 public:
  Box(const Index& index, const Key& key, std::uint64_t chunk);

  /// Of its first byte and behind its last one, in the tensor.
  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return end_; }
  std::uint64_t size() const { return size_; }
  /// How many of its bytes stand before a byte of the tensor.
  std::uint64_t count_before(std::uint64_t offset) const;
  /// So many of its bytes at a time lie side by side in the tensor.
  std::uint64_t run() const { return run_; }
  /// Where its byte `at` is in the tensor.
  std::uint64_t place_of(std::uint64_t at) const;
  /// Puts its bytes from `at` on to their places; out begins at the tensor's byte `begin`.
  void scatter(std::uint64_t at, ByteSpan bytes, std::uint64_t begin, std::span<std::byte> out) const;

 private:
  struct Axis {
    std::uint64_t extent = 1;  ///< of the tensor
    std::uint64_t begin = 0;
    std::uint64_t size = 1;
    std::uint64_t step = 1;   ///< in the tensor
    std::uint64_t inner = 1;  ///< in the box
  };

  std::vector<Axis> axes_;
  std::size_t outer_ = 0;  ///< axes before the one that a run goes along
  std::uint64_t run_ = 1;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t size_ = 0;
};

/// Thread-safe.
class Assembly {
 public:
  /// All outlive this. The chunks are that tensor.
  Assembly(const Index& index, const Key& key, const Items& items, const Files& files);
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  /// Fills `out` with the tensor's bytes from `offset` on. Throws what is wrong with an item, and IoError.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

  /// So many bytes at a time are worth reading, as the chunks are so many beside each other; 0 where it does
  /// not matter.
  std::uint64_t window() const { return window_; }

 private:
  struct Piece {
    std::uint64_t begin = 0;  ///< of its box
    std::uint64_t reach = 0;  ///< the furthest end of a box up to this one
    std::uint32_t chunk = 0;
  };
  /// Where the bytes of a chunk are.
  struct Place {
    std::uint64_t data = kNoNumber;  ///< in its file; without, they are made by a model
    bool is_known = false;
  };

  void read_piece(const Piece& piece, std::uint64_t offset, std::span<std::byte> out) const;
  void read_chunk(const Piece& piece, std::uint64_t at, std::span<std::byte> out) const;
  Place place_of(const Piece& piece) const;
  std::shared_ptr<const torch::TorchModel> made_by(const Piece& piece) const;

  const Index& index_;
  const Key& key_;
  const Items& items_;
  const Files& files_;
  std::vector<Piece> pieces_;  ///< those that are not empty, in the order of their boxes' first bytes
  std::uint64_t window_ = 0;
  mutable std::mutex mutex_;
  mutable std::vector<Place> places_;  ///< beside them
  mutable std::deque<std::pair<std::uint32_t, std::shared_ptr<const torch::TorchModel>>> models_;
};

}  // namespace aerotool::dcp
