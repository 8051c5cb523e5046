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
#include "io/digester.hpp"
#include "io/output.hpp"
#include "io/progress.hpp"

namespace aerotool::io {

/// A run of bytes to go through from beginning to end.
struct Region {
  std::uint64_t length = 0;
  ReadAt read;
  Output* output = nullptr;         ///< one that can be seeked; null: nothing is written
  std::uint64_t output_offset = 0;  ///< where in it
  std::vector<Layer> layers;
  /// Looks at each block besides; called by several threads, in any order.
  std::function<void(std::uint64_t offset, ByteSpan bytes)> visit;
  /// So many bytes are gone through by one thread, one block after the other, where they are decoded
  /// together: threads that share them wait for each other.
  std::uint64_t run = 0;
  /// `visit` sees whole units of so many bytes, at most 64 KiB; without layers and pages.
  std::uint64_t unit = 1;
  std::uint64_t page_size = 0;       ///< 0: no page digests
  std::vector<Digest> page_digests;  ///< the results, one a page, the last page short
};

struct RunOptions {
  unsigned jobs = 1;
  Progress* progress = nullptr;
  /// Takes all blocks in order, one at a time, from changing threads; for what cannot be seeked.
  std::function<void(ByteSpan bytes)> in_order = {};
};

/// Goes through all regions. Afterwards every task that is wholly covered has its digest, whatever the number
/// of jobs. Throws what a read or write throws, and Interrupted.
void run(std::span<Region> regions, const RunOptions& options);

/// A digest over all of a region, as its own layer; `task` outlives the run, `region` stays where it is.
void add_whole_digest(Region& region, HashTask& task);

/// Just the digest of `length` bytes, over `jobs` threads.
Digest hash_range(std::uint64_t length, const ReadAt& read, unsigned jobs, Progress* progress);

}  // namespace aerotool::io
