#include "io/pipeline.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>

#include "core/parallel.hpp"
#include "io/interrupt.hpp"

namespace aerotool::io {
namespace {

// Large enough that a read and a write are cheap beside their bytes, small enough to stay in a core's cache
// between them, and to take little memory where there are many threads. A power of two, so that a block of a
// region is one aligned subtree of its digest.
constexpr std::uint64_t kBlockBytes = std::uint64_t{256} << 10;

class Run {
 public:
  Run(std::span<Region> regions, const RunOptions& options)
      : regions_(regions), options_(options), page_trees_(regions.size()) {
    first_block_.push_back(0);
    first_run_.push_back(0);
    for (Region& region : regions_) {
      const std::uint64_t blocks = (region.length + block_bytes(region) - 1) / block_bytes(region);
      first_block_.push_back(first_block_.back() + blocks);
      first_run_.push_back(first_run_.back() + (blocks + blocks_of_run(region) - 1) / blocks_of_run(region));
      if (region.page_size != 0) {
        const std::uint64_t rest = region.length % region.page_size;
        region.page_digests.resize(region.length / region.page_size + (rest == 0 ? 0 : 1));
      }
      for (const Layer& layer : region.layers) Digester::begin(layer);
    }
  }

  void execute() {
    const std::uint64_t runs = first_run_.back();
    const auto workers = static_cast<unsigned>(std::min<std::uint64_t>(std::max(options_.jobs, 1U), runs));
    Threads threads;
    if (workers > 1) threads.start(workers - 1, [this] { work(); });
    work();
    threads.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  static std::uint64_t blocks_of_run(const Region& region) {
    return std::max<std::uint64_t>(region.run / kBlockBytes, 1);
  }

  /// Whole units.
  static std::uint64_t block_bytes(const Region& region) { return kBlockBytes / region.unit * region.unit; }

  void work() noexcept {
    try {
      std::vector<std::byte> buffer(std::min(kBlockBytes, longest_region()));
      for (std::uint64_t run = next_run_.fetch_add(1); run < first_run_.back();
           run = next_run_.fetch_add(1)) {
        const auto after = std::upper_bound(first_run_.begin(), first_run_.end(), run);
        const auto number = static_cast<std::size_t>(after - first_run_.begin()) - 1;
        const std::uint64_t count = blocks_of_run(regions_[number]);
        const std::uint64_t first = first_block_[number] + (run - first_run_[number]) * count;
        const std::uint64_t end = std::min(first + count, first_block_[number + 1]);
        for (std::uint64_t block = first; block < end; ++block) {
          if (stopped_.load()) return;
          check_interrupt();
          process(number, block, buffer);
        }
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

  void process(std::size_t number, std::uint64_t block, std::span<std::byte> buffer) {
    Region& region = regions_[number];
    const std::uint64_t begin = (block - first_block_[number]) * block_bytes(region);
    const std::uint64_t end = std::min(begin + block_bytes(region), region.length);
    const std::span<std::byte> bytes = buffer.first(end - begin);
    region.read(begin, bytes);
    for (const Layer& layer : region.layers) digester_.add(layer, begin, bytes);
    if (region.page_size != 0) {
      digester_.add_pages(region.read, region.length, region.page_size, begin, bytes, page_trees_[number],
                          region.page_digests);
    }
    if (region.visit) region.visit(begin, bytes);
    if (region.output != nullptr) region.output->write_at(region.output_offset + begin, bytes);
    if (options_.in_order) hand_over(block, bytes);
    if (options_.progress != nullptr) options_.progress->done += bytes.size();
  }

  void hand_over(std::uint64_t block, ByteSpan bytes) {
    std::unique_lock lock(mutex_);
    turn_changed_.wait(lock, [&] { return turn_ == block || stopped_.load(); });
    if (stopped_.load()) return;
    lock.unlock();
    options_.in_order(bytes);
    lock.lock();
    turn_ = block + 1;
    turn_changed_.notify_all();
  }

  std::span<Region> regions_;
  const RunOptions& options_;
  std::vector<std::uint64_t> first_block_;  // of each region, and the number of all blocks
  std::vector<std::uint64_t> first_run_;    // likewise
  std::atomic<std::uint64_t> next_run_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable turn_changed_;
  std::uint64_t turn_ = 0;
  Digester digester_;
  std::vector<Digester::PageTrees> page_trees_;  // of each region
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
  run(regions, {.jobs = jobs, .progress = progress, .in_order = {}});
  return task.digest;
}

}  // namespace aerotool::io
