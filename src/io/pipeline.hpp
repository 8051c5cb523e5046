// The copy-and-hash pipeline: moves runs of bytes from where they are to where they go and computes every
// digest that is wanted on the way, over one read, with all the threads it may use.
//
//        region (a shard)   |-- block 0 --|-- block 1 --|-- block 2 --|- .. |
//        layer 0: shard     [============ one digest ======================]
//        layer 1: tensors   [==== a ====][== b ==]  [======= c ============]
//        pages              [====|====|====|====|====|====|====|====|====|=]
//
//        a worker:  take the next block -> read it -> hash what lies on it -> write it
//
// Blocks are independent: each layer's digest is a BLAKE3 tree that takes its leaves in any order
// (hash/blake3.hpp). A leaf that a block boundary cuts belongs to the block it begins in, which reads its
// missing bytes once more (at most 1 KiB a boundary).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/bytes.hpp"
#include "hash/blake3.hpp"
#include "io/output.hpp"
#include "io/progress.hpp"

namespace aerotool::io {

/// Fills `out` with the bytes from `offset` of some run of bytes. Thread-safe.
using ReadAt = std::function<void(std::uint64_t offset, std::span<std::byte> out)>;

/// A digest over `length` bytes that begin at `base` of what `read` reads. Every one of those bytes has to
/// lie under an overlay of this task in some region of the runs that come before the digest is looked at.
struct HashTask {
  std::uint64_t length = 0;
  const ReadAt* read = nullptr;
  std::uint64_t base = 0;
  Digest digest{};                       ///< the result
  std::unique_ptr<hash::TreeHash> tree;  ///< while it is being computed
};

/// The bytes [begin, end) of a region are those from `at` on of a task.
struct Overlay {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  HashTask* task = nullptr;
  std::uint64_t at = 0;
};

/// A run of bytes to go through from beginning to end.
struct Region {
  std::uint64_t length = 0;
  ReadAt read;
  bool copied = false;              ///< written to the output
  std::uint64_t output_offset = 0;  ///< where, when the output can be seeked
  /// Each layer: overlays in order that do not overlap.
  std::vector<std::vector<Overlay>> layers;
  std::uint64_t page_size = 0;       ///< 0: no page digests
  std::vector<Digest> page_digests;  ///< the results, one a page, the last page short
};

struct RunOptions {
  unsigned jobs = 1;
  Output* output = nullptr;
  /// Blocks are written in order with Output::write; for outputs that cannot be seeked.
  bool in_order = false;
  Progress* progress = nullptr;
};

/// Goes through all regions. Afterwards every task that is wholly covered has its digest, whatever the number
/// of jobs. Throws what a read or write throws, and Interrupted.
void run(std::span<Region> regions, const RunOptions& options);

/// A digest over all of a region, as its own layer; `task` outlives the run, `region` stays where it is.
void add_whole_digest(Region& region, HashTask& task);

/// Just the digest of `length` bytes, over `jobs` threads.
Digest hash_range(std::uint64_t length, const ReadAt& read, unsigned jobs, Progress* progress);

}  // namespace aerotool::io
