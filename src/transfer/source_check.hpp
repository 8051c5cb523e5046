// Holds the bytes of a plan to the hashes that its sources carry, over the same read that copies them: a
// corrupt source is never passed on as sound.
#pragma once

#include <deque>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "io/pipeline.hpp"
#include "transfer/tensor_layout.hpp"

namespace aerotool {

class SourceCheck {
 public:
  /// Looks for seals of tensors that have no digest of their own.
  SourceCheck(const std::vector<const Model*>& models, const TensorLayout& layout);
  /// False where there are none: there is nothing to check.
  bool any() const { return !runs_.empty(); }

  /// Adds what is to be computed over a shard's bytes.
  void add_layers(std::size_t shard, io::Region& region);
  /// The bytes under the seals that the plan does not copy: gaps, tensors that were left out, and those that
  /// others are computed from. Asked for once, after all add_layers().
  std::vector<io::Region> other_regions();

  /// After the run. Throws CorruptError that names the tensors of a page or run that does not hold.
  void judge() const;

 private:
  struct CheckedRun {
    const Model* model = nullptr;
    HashedRun run;
    io::HashTask task;
    std::vector<io::HashTask> page_tasks;
  };
  struct Member {
    std::size_t checked = 0;
    std::uint64_t offset = 0;
  };

  /// Overlays for the bytes [begin, end) of a run, which stand at `at` in a region.
  static void overlay(CheckedRun& checked, std::uint64_t begin, std::uint64_t end, std::uint64_t at,
                      std::vector<io::Overlay>& whole, std::vector<io::Overlay>& pages);
  /// The tensors of a run that lie in [begin, end) of it.
  static std::vector<HitTensor> tensors_in(const CheckedRun& checked, std::uint64_t begin, std::uint64_t end);

  const TensorLayout& layout_;
  std::deque<CheckedRun> runs_;
  /// Of each planned tensor, until other_regions(); the run it lies under, or checked == kNone.
  std::vector<Member> members_;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
};

/// Throws CorruptError that names tensors whose bytes do not have their digests; nothing where there are
/// none. `how`: what shows it.
void require_none(const std::vector<HitTensor>& corrupt, std::string_view how = "BLAKE3 is not hash_b3");

/// Holds the planned tensors that carry digests of their own to them: `found` tells what their bytes have, by
/// their shard and their number. Throws CorruptError that names those whose digests differ.
void require_tensor_digests(const TensorLayout& layout,
                            const std::function<const Digest&(std::size_t shard, std::size_t tensor)>& found);

}  // namespace aerotool
