#include "io/pipeline.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "io/interrupt.hpp"

namespace aerotool::io {
namespace {

// Large enough that a read and a write are cheap beside their bytes, small enough to stay in a core's cache
// between them. A power of two, so that a block of a region is one aligned subtree of its digest.
constexpr std::uint64_t kBlockBytes = std::uint64_t{1} << 20;

/// The part of a hash task that a block holds.
struct Piece {
  std::uint64_t begin = 0;  // in the task
  ByteSpan bytes;
};

/// The leaves that begin in a piece of a task; offsets are the task's.
struct Leaves {
  Leaves(const Piece& piece, std::uint64_t task_length) {
    constexpr std::uint64_t kLeaf = hash::kLeafBytes;
    const std::uint64_t piece_end = piece.begin + piece.bytes.size();
    first = (piece.begin + kLeaf - 1) / kLeaf;
    after = (piece_end + kLeaf - 1) / kLeaf;
    begin = first * kLeaf;
    end = std::min(after * kLeaf, task_length);
    whole_end = end > piece_end ? (after - 1) * kLeaf : end;
  }
  bool none() const { return first >= after; }

  std::uint64_t first = 0;
  std::uint64_t after = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t whole_end = 0;  // up to here the piece holds them; the last leaf may end after the piece
};

using PageTrees = std::map<std::uint64_t, hash::TreeHash>;

class Run {
 public:
  Run(std::span<Region> regions, const RunOptions& options)
      : regions_(regions), options_(options), page_trees_(regions.size()) {
    first_block_.push_back(0);
    for (Region& region : regions_) {
      first_block_.push_back(first_block_.back() + (region.length + kBlockBytes - 1) / kBlockBytes);
      if (region.page_size != 0) {
        const std::uint64_t rest = region.length % region.page_size;
        region.page_digests.resize(region.length / region.page_size + (rest == 0 ? 0 : 1));
      }
      for (auto& layer : region.layers) {
        for (Overlay& overlay : layer) {
          if (overlay.task->length == 0) overlay.task->digest = hash::blake3({});
        }
      }
    }
  }

  void execute() {
    const std::uint64_t blocks = first_block_.back();
    const auto workers = static_cast<unsigned>(std::min<std::uint64_t>(std::max(options_.jobs, 1U), blocks));
    std::vector<std::thread> threads;
    threads.reserve(workers);
    for (unsigned i = 1; i < workers; ++i) {
      try {
        threads.emplace_back([this] { work(); });
      } catch (const std::system_error&) {
        break;  // as many as the system gives
      }
    }
    work();
    for (std::thread& thread : threads) thread.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void work() noexcept {
    try {
      std::vector<std::byte> buffer(std::min(kBlockBytes, longest_region()));
      for (;;) {
        const std::uint64_t block = next_block_.fetch_add(1);
        if (block >= first_block_.back() || stopped_.load()) return;
        check_interrupt();
        process(block, buffer);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      stopped_.store(true);
      turn_changed_.notify_all();
    }
  }

  std::uint64_t longest_region() const {
    std::uint64_t longest = 0;
    for (const Region& region : regions_) longest = std::max(longest, region.length);
    return longest;
  }

  void process(std::uint64_t block, std::span<std::byte> buffer) {
    const auto after = std::upper_bound(first_block_.begin(), first_block_.end(), block);
    const auto number = static_cast<std::size_t>(after - first_block_.begin()) - 1;
    Region& region = regions_[number];
    const std::uint64_t begin = (block - first_block_[number]) * kBlockBytes;
    const std::uint64_t end = std::min(begin + kBlockBytes, region.length);
    const std::span<std::byte> bytes = buffer.first(end - begin);
    region.read(begin, bytes);
    for (const auto& layer : region.layers) hash_layer(layer, begin, end, bytes);
    if (region.page_size != 0) hash_pages(number, begin, end, bytes);
    if (region.copied) put(block, region.output_offset + begin, bytes);
    if (options_.progress != nullptr) options_.progress->done += bytes.size();
  }

  void hash_layer(const std::vector<Overlay>& layer, std::uint64_t begin, std::uint64_t end, ByteSpan bytes) {
    auto overlay =
        std::partition_point(layer.begin(), layer.end(), [&](const Overlay& o) { return o.end <= begin; });
    for (; overlay != layer.end() && overlay->begin < end; ++overlay) {
      const std::uint64_t from = std::max(begin, overlay->begin);
      const std::uint64_t to = std::min(end, overlay->end);
      if (from >= to) continue;
      HashTask& task = *overlay->task;
      const Piece piece = {overlay->at + (from - overlay->begin), bytes.subspan(from - begin, to - from)};
      if (piece.begin == 0 && piece.bytes.size() == task.length) {
        task.digest = hash::blake3(piece.bytes);
        continue;
      }
      const Leaves leaves(piece, task.length);
      if (leaves.none()) continue;
      if (const auto digest = add_leaves(tree_of(task), leaves, piece, *task.read, task.base)) {
        task.digest = *digest;
        const std::lock_guard lock(mutex_);
        task.tree.reset();
      }
    }
  }

  hash::TreeHash& tree_of(HashTask& task) {
    const std::lock_guard lock(mutex_);
    if (!task.tree) task.tree = std::make_unique<hash::TreeHash>(task.length);
    return *task.tree;
  }

  void hash_pages(std::size_t number, std::uint64_t begin, std::uint64_t end, ByteSpan bytes) {
    Region& region = regions_[number];
    const std::uint64_t last = (end - 1) / region.page_size;
    for (std::uint64_t page = begin / region.page_size; page <= last; ++page) {
      const std::uint64_t page_begin = page * region.page_size;
      const std::uint64_t length = std::min(region.page_size, region.length - page_begin);
      const std::uint64_t from = std::max(begin, page_begin);
      const std::uint64_t to = std::min(end, page_begin + length);
      const Piece piece = {from - page_begin, bytes.subspan(from - begin, to - from)};
      if (piece.bytes.size() == length) {
        region.page_digests[page] = hash::blake3(piece.bytes);
        continue;
      }
      const Leaves leaves(piece, length);
      if (leaves.none()) continue;
      if (const auto digest =
              add_leaves(page_tree(number, page, length), leaves, piece, region.read, page_begin)) {
        region.page_digests[page] = *digest;
        const std::lock_guard lock(mutex_);
        page_trees_[number].erase(page);
      }
    }
  }

  hash::TreeHash& page_tree(std::size_t number, std::uint64_t page, std::uint64_t length) {
    const std::lock_guard lock(mutex_);
    return page_trees_[number].try_emplace(page, length).first->second;
  }

  /// What the last leaf lacks is read from the task's own bytes.
  static std::optional<Digest> add_leaves(hash::TreeHash& tree, const Leaves& leaves, const Piece& piece,
                                          const ReadAt& read, std::uint64_t base) {
    std::optional<Digest> digest;
    if (leaves.whole_end > leaves.begin) {
      digest = tree.add(leaves.first,
                        piece.bytes.subspan(leaves.begin - piece.begin, leaves.whole_end - leaves.begin));
    }
    if (leaves.end > leaves.whole_end) {
      std::array<std::byte, hash::kLeafBytes> leaf{};
      const auto bytes = std::span(leaf).first(leaves.end - leaves.whole_end);
      read(base + leaves.whole_end, bytes);
      digest = tree.add(leaves.whole_end / hash::kLeafBytes, bytes);
    }
    return digest;
  }

  void put(std::uint64_t block, std::uint64_t offset, ByteSpan bytes) {
    if (!options_.in_order) {
      options_.output->write_at(offset, bytes);
      return;
    }
    std::unique_lock lock(mutex_);
    turn_changed_.wait(lock, [&] { return turn_ == block || stopped_.load(); });
    if (stopped_.load()) return;
    lock.unlock();
    options_.output->write(bytes);
    lock.lock();
    turn_ = block + 1;
    turn_changed_.notify_all();
  }

  std::span<Region> regions_;
  const RunOptions& options_;
  std::vector<std::uint64_t> first_block_;  // of each region, and the number of all blocks
  std::atomic<std::uint64_t> next_block_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable turn_changed_;
  std::uint64_t turn_ = 0;
  std::vector<PageTrees> page_trees_;
  std::exception_ptr failure_;
};

}  // namespace

void run(std::span<Region> regions, const RunOptions& options) {
  Run(regions, options).execute();
}

void add_whole_digest(Region& region, HashTask& task) {
  task.length = region.length;
  task.read = &region.read;
  region.layers.push_back({Overlay{0, region.length, &task, 0}});
}

Digest hash_range(std::uint64_t length, const ReadAt& read, unsigned jobs, Progress* progress) {
  std::array<Region, 1> regions;
  regions[0].length = length;
  regions[0].read = read;
  HashTask task;
  add_whole_digest(regions[0], task);
  run(regions, {.jobs = jobs, .output = nullptr, .in_order = false, .progress = progress});
  return task.digest;
}

}  // namespace aerotool::io
