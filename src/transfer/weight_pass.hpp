// Goes through the weights of a plan: copies them where they go, computes the digests that the output wants,
// and holds the same bytes to the hashes that the sources carry.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "io/pipeline.hpp"
#include "transfer/checksum_check.hpp"
#include "transfer/input_check.hpp"
#include "transfer/ordered_checksums.hpp"
#include "transfer/source_check.hpp"
#include "transfer/tensor_layout.hpp"

namespace aerotool {

/// What an output wants to know of the bytes that it holds.
struct WantedDigests {
  bool shards = false;
  bool tensors = false;
  std::optional<std::uint64_t> page_size;
  std::optional<hash::Algorithm> checksums = {};  ///< of each tensor, another hash than BLAKE3
};

/// Which files of the models are held to hashes of the whole.
enum class HeldFiles {
  all,
  /// Those that the tensors of the layout lie in, and what describes them: whoever writes a part of a set
  /// does not read all of its sources.
  read_alone
};

class WeightPass {
 public:
  /// `layout` outlives this.
  WeightPass(const std::vector<const Model*>& models, const TensorLayout& layout, const WantedDigests& wanted,
             unsigned jobs, HeldFiles held = HeldFiles::all);
  WeightPass(const WeightPass&) = delete;
  WeightPass& operator=(const WeightPass&) = delete;

  /// Whether run() has anything to compute or to check; without, a stream needs no run() before it.
  bool computes() const;
  /// Bytes that run() reads; before it.
  std::uint64_t bytes() const;

  /// run() writes this shard to `output`, which can be seeked, from `offset` on.
  void copy_to(std::size_t shard, io::Output& output, std::uint64_t offset);

  /// run() hands over each block of this shard too: by several threads, in any order.
  using Look = std::function<void(std::uint64_t offset, ByteSpan bytes)>;
  void watch(std::size_t shard, Look look);

  using Sink = std::function<void(ByteSpan)>;
  /// One read over everything, once. `in_order`, where it is there, is handed the bytes of the shards one
  /// behind the other, too. Throws CorruptError that names the tensors whose bytes are not those that the
  /// source's hashes say.
  void run(io::Progress* progress, const Sink& in_order = {});

  // After run(), where they were wanted.
  const Digest& shard_digest(std::size_t shard) const { return shard_tasks_[shard].digest; }
  const Digest& tensor_digest(std::size_t shard, std::size_t tensor) const;
  hash::Checksum tensor_checksum(std::size_t tensor) const;
  const std::vector<Digest>& page_digests(std::size_t shard) const { return regions_[shard].page_digests; }

  /// Hands over a shard's bytes in order, by a read of its own with `jobs` threads. Throws IoError where
  /// they are not those that run() saw, if it computed the shard's digest. Thread-safe after run().
  void stream(std::size_t shard, unsigned jobs, const Sink& sink, io::Progress* progress) const;

 private:
  /// Throws IoError that names the file behind the shard that is not as run() saw it.
  [[noreturn]] void refuse_changed(std::size_t shard) const;
  /// Tells the models what will be read of the shards [first, end).
  void expect_reads(std::size_t first, std::size_t end) const;
  bool has_frames(std::size_t shard) const;
  bool fills_shard(std::size_t tensor, std::size_t shard) const;
  void add_tensor_digests(std::size_t shard);
  void add_checksums(std::size_t shard);

  std::vector<const Model*> models_;
  const TensorLayout& layout_;
  WantedDigests wanted_;
  unsigned jobs_;
  FileChoice held_;  // of all models
  unsigned most_jobs_ = std::numeric_limits<unsigned>::max();
  SourceCheck source_check_;
  InputCheck input_check_;
  // By the number of the tensor in the layout: those of the sources, and those that are wanted.
  ChecksumCheck checksum_check_;
  OrderedChecksums wanted_checksums_;
  std::vector<io::Region> regions_;  // one a shard
  std::vector<io::Region> others_;
  std::vector<io::HashTask> shard_tasks_;
  // Of each tensor, where any is wanted or to be checked: run() turns the tasks into digests.
  std::vector<io::HashTask> tensor_tasks_;
  std::vector<Digest> tensor_digests_;
};

}  // namespace aerotool
