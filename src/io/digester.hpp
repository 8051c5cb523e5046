// Computes many BLAKE3 digests over blocks of bytes that come in any order and from several threads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "core/bytes.hpp"
#include "hash/blake3.hpp"

namespace aerotool::io {

/// Fills `out` with the bytes from `offset` of some run of bytes. Thread-safe.
using ReadAt = std::function<void(std::uint64_t offset, std::span<std::byte> out)>;

/// A digest over `length` bytes that begin at `base` of what `read` reads. Every one of those bytes has to
/// lie under an overlay of this task that is gone through before the digest is looked at.
struct HashTask {
  std::uint64_t length = 0;
  const ReadAt* read = nullptr;
  std::uint64_t base = 0;
  Digest digest{};                       ///< the result
  std::unique_ptr<hash::TreeHash> tree;  ///< while it is being computed
};

/// The bytes [begin, end) of a run are those from `at` on of a task.
struct Overlay {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  HashTask* task = nullptr;
  std::uint64_t at = 0;
};

/// Overlays in order that do not overlap.
using Layer = std::vector<Overlay>;

/// Adds blocks to the tasks that lie on them. A leaf that a block's end cuts belongs to the block it begins
/// in, and its missing bytes are read once more (at most 1 KiB a block).
class Digester {
 public:
  /// Digests of what has no bytes, which no block brings.
  static void begin(const Layer& layer);

  /// `bytes` stand at `begin` in the run that the layer lies on. Thread-safe.
  void add(const Layer& layer, std::uint64_t begin, ByteSpan bytes);

  /// The pages of a run of `length` bytes that `read` reads: `digests` has one a page. `trees` holds the
  /// pages that are not complete.
  using PageTrees = std::map<std::uint64_t, hash::TreeHash>;
  void add_pages(const ReadAt& read, std::uint64_t length, std::uint64_t page_size, std::uint64_t begin,
                 ByteSpan bytes, PageTrees& trees, std::span<Digest> digests);

 private:
  hash::TreeHash& tree_of(HashTask& task);

  std::mutex mutex_;
};

}  // namespace aerotool::io
