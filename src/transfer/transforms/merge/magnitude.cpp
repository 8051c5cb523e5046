#include "transfer/transforms/merge/magnitude.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <mutex>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/once.hpp"
#include "transfer/transforms/merge/first_pass.hpp"
#include "transfer/transforms/merge/kernels.hpp"

namespace aerotool::merging {
namespace {

constexpr std::uint32_t kMagnitude = 0x7fffffff;

/// The bits of magnitudes as F32, which have the order of the magnitudes.
struct PutBits {
  [[gnu::always_inline]] static void run(std::span<const double> numbers, std::span<std::uint32_t> out) {
    const std::size_t count = out.size();
    const double* const from = numbers.data();
    std::uint32_t* const to = out.data();
    for (std::size_t i = 0; i < count; ++i)
      to[i] = std::bit_cast<std::uint32_t>(static_cast<float>(from[i])) & kMagnitude;
  }
};

/// The same of differences, which are doubles as well where both are floats.
template <typename Number, typename OfBase>
struct PutBitsOfDifference {
  [[gnu::always_inline]] static void run(std::span<const Number> numbers, std::span<const OfBase> base,
                                         std::span<std::uint32_t> out) {
    const std::size_t count = out.size();
    const Number* const from = numbers.data();
    const OfBase* const minus = base.data();
    std::uint32_t* const to = out.data();
    for (std::size_t i = 0; i < count; ++i) {
      // The difference of two floats, rounded to a double before, is the same float.
      using Wide = std::conditional_t<sizeof(Number) == 8 || sizeof(OfBase) == 8, double, float>;
      const Wide difference = static_cast<Wide>(from[i]) - static_cast<Wide>(minus[i]);
      to[i] = std::bit_cast<std::uint32_t>(static_cast<float>(difference)) & kMagnitude;
    }
  }
};

/// Where the bits are out of [least, most], numbers become zero.
struct KeepWithin {
  [[gnu::always_inline]] static void run(std::span<const std::uint32_t> bits, std::uint32_t least,
                                         std::uint32_t most, std::span<double> numbers) {
    const std::size_t count = numbers.size();
    const std::uint32_t* const from = bits.data();
    double* const to = numbers.data();
    const std::uint32_t width = most - least;
    for (std::size_t i = 0; i < count; ++i) {
      // Both are less than 2^31, and so is what is between them: the difference is negative or too large
      // where the bits are out of the range.
      const std::uint32_t above = from[i] - least;
      to[i] = above <= width ? to[i] : 0.0;
    }
  }
};

/// Bits by what they are counted by: their upper half, and whether there is anything in the lower one. The
/// differences of halves have nothing there but for a few.
struct PutKeys {
  [[gnu::always_inline]] static void run(std::span<std::uint32_t> bits) {
    for (std::uint32_t& one : bits) one = (one >> 16) + ((one + 0xffff) >> 16);
  }
};

/// How many of the bits are just these.
struct CountEqual {
  [[gnu::always_inline]] static void run(std::span<const std::uint32_t> bits, std::uint32_t wanted,
                                         std::uint32_t* sum) {
    std::uint32_t found = 0;
    for (const std::uint32_t one : bits) {
      const std::uint32_t other = one ^ wanted;  // less than 2^31
      found += (other - 1) >> 31;                // 1 where it is 0
    }
    *sum = found;
  }
};

/// How many of the bits' upper halves are `bucket`.
struct CountInBucket {
  [[gnu::always_inline]] static void run(std::span<const std::uint32_t> bits, std::uint32_t bucket,
                                         std::uint32_t* sum) {
    std::uint32_t found = 0;
    for (const std::uint32_t one : bits) {
      const std::uint32_t other = (one >> 16) ^ bucket;
      found += (other - 1) >> 31;  // 1 where it is 0
    }
    *sum = found;
  }
};

/// Gives back what it holds; assigning {} would keep the room.
template <typename Item>
void release(std::vector<Item>& items) {
  items = std::vector<Item>();
}

/// The element at which those that are taken end: all whose bits come before `bits` in the ranking, and of
/// those that have the same bits the ones with an index below `index`.
struct Cut {
  std::uint32_t bits = 0;
  std::uint64_t index = 0;
};

/// Finds the `count` first elements of a ranking, at least one and not all. One pass counts the upper halves
/// of their bits. Where that does not tell all, a second one collects the lower halves of those in question.
class Ranking {
 public:
  enum class From { largest, smallest };

  Ranking(Values model, Values base, std::uint64_t count, From from)
      : sources_({std::move(model), std::move(base)}),
        count_(count),
        from_(from),
        elements_(sources_.front()->count()),
        key_pass_(blocks_of(elements_)),
        lower_pass_(blocks_of(elements_)),
        count_pass_(blocks_of(elements_)) {}

  From from() const { return from_; }

  /// The first call goes through the tensor. Thread-safe.
  const Cut& cut() const {
    if (done_.load(std::memory_order_acquire)) return cut_;
    begun_.run([&] { of_blocks_.resize(blocks_of(elements_)); });
    key_pass_.run([this](std::uint64_t block) { count_keys(block); });
    key_known_.run([this] { find_key(); });
    if (key_ % 2 != 0) {
      lower_begun_.run([this] { lower_ = std::vector<std::uint64_t>(kHalves); });
      lower_pass_.run([this](std::uint64_t block) { collect_lower(block); });
      bits_known_.run([this] {
        const auto [lower, left] = place(lower_, left_);
        release(lower_);
        cut_.bits = (key_ / 2) << 16 | lower;
        left_ = left;
      });
    }
    if (!is_near(key_)) count_pass_.run([this](std::uint64_t block) { count_equal(block); });
    known_.run([this] {
      find_index();
      release(of_blocks_);
    });
    done_.store(true, std::memory_order_release);
    return cut_;
  }

 private:
  /// Keys: twice the upper half of the bits, which is less than 2^15; one more where the lower half is not 0.
  static constexpr std::size_t kKeys = std::size_t{1} << 16;
  static constexpr std::size_t kHalves = std::size_t{1} << 16;
  /// So many upper halves around the one that is expected are counted in each block for itself.
  static constexpr std::uint32_t kNear = 16;
  /// So many lower halves are held; where a bucket has more, their block is read once more.
  static constexpr std::size_t kMostHeld = std::size_t{1} << 20;

  struct OfBlock {
    std::array<std::uint32_t, kNear> near{};  ///< those with an empty lower half
    std::vector<std::uint16_t> lower;         ///< of those in the bucket that have one, in order
    bool held = true;                         ///< all are
    std::uint64_t equal = 0;
  };

  /// The place in which the `count`-th element of the ranking lies, and which one of that place it is.
  std::pair<std::uint32_t, std::uint64_t> place(const std::vector<std::uint64_t>& counts,
                                                std::uint64_t count) const {
    for (std::size_t passed = 0; passed < counts.size(); ++passed) {
      const std::size_t at = from_ == From::largest ? counts.size() - 1 - passed : passed;
      if (counts[at] >= count) return {static_cast<std::uint32_t>(at), count};
      count -= counts[at];
    }
    refuse_changed();
  }

  /// Fewer elements than an earlier pass has counted.
  [[noreturn]] void refuse_changed() const {
    throw IoError({sources_.front()->path(), {}, {}}, "has changed while it was read");
  }

  /// Whether each block knows how many of its elements have the key.
  bool is_near(std::uint32_t key) const { return key % 2 == 0 && key / 2 - first_near_ < kNear; }

  std::uint64_t end_of(std::uint64_t block) const {
    return std::min(elements_, (block + 1) * kBlockElements);
  }

  /// Calls `visit` with the bits of a block, a piece at a time.
  template <typename Visit>
  void for_each_piece(std::uint64_t block, Visit visit) const {
    const std::uint64_t end = end_of(block);
    Scratch<std::uint32_t> bits(kPieceElements);
    for (std::uint64_t first = block * kBlockElements; first < end; first += kPieceElements) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceElements, end - first));
      const Inputs inputs(sources_, first, count);
      inputs.with(0, [&]<typename Number>(std::span<const Number> numbers) {
        inputs.with(1, [&]<typename OfBase>(std::span<const OfBase> base) {
          vectorised<PutBitsOfDifference<Number, OfBase>>(numbers, base, bits.first(count));
        });
      });
      if (!visit(first, bits.first(count))) return;
    }
  }

  void count_keys(std::uint64_t block) const {
    std::vector<std::uint64_t> counts = take_counts();
    std::array<std::uint64_t, kNear> before{};
    if (counts.empty()) {
      counts.resize(kKeys);
    } else {
      for (std::uint32_t i = 0; i < kNear; ++i) before[i] = counts[std::size_t{2} * (first_near_ + i)];
    }
    for_each_piece(block, [&](std::uint64_t, std::span<std::uint32_t> bits) {
      vectorised<PutKeys>(bits);
      for (const std::uint32_t key : bits) ++counts[key];
      return true;
    });
    const std::lock_guard lock(mutex_);
    if (!expected_) expect(counts, end_of(block) - block * kBlockElements);
    for (std::uint32_t i = 0; i < kNear; ++i) {
      of_blocks_[block].near[i] =
          static_cast<std::uint32_t>(counts[std::size_t{2} * (first_near_ + i)] - before[i]);
    }
    counts_.push_back(std::move(counts));
  }

  /// Those that a thread has left, of blocks that it has counted; empty where there are none.
  std::vector<std::uint64_t> take_counts() const {
    const std::lock_guard lock(mutex_);
    if (counts_.empty()) return {};
    std::vector<std::uint64_t> counts = std::move(counts_.back());
    counts_.pop_back();
    return counts;
  }

  /// By the first block that is counted: in most tensors the other ones are like it.
  void expect(const std::vector<std::uint64_t>& of_block, std::uint64_t elements) const {
    const double part = static_cast<double>(count_) / static_cast<double>(elements_);
    const auto count = static_cast<std::uint64_t>(part * static_cast<double>(elements));
    const std::uint32_t half = place(of_block, std::clamp<std::uint64_t>(count, 1, elements)).first / 2;
    constexpr auto kLast = static_cast<std::uint32_t>(kKeys / 2) - kNear;
    first_near_ = std::min(half - std::min(half, kNear / 2), kLast);
    expected_ = true;
  }

  void find_key() const {
    std::vector<std::uint64_t>& sum = counts_.front();
    for (const std::vector<std::uint64_t>& more : std::span(counts_).subspan(1)) {
      for (std::size_t i = 0; i < kKeys; ++i) sum[i] += more[i];
    }
    std::tie(key_, left_) = place(sum, count_);
    counts_ = {};
    cut_.bits = (key_ / 2) << 16;
    if (!is_near(key_)) return;
    for (OfBlock& block : of_blocks_) block.equal = block.near[key_ / 2 - first_near_];
  }

  void collect_lower(std::uint64_t block) const {
    OfBlock& found = of_blocks_[block];
    for_each_piece(block, [&](std::uint64_t, std::span<const std::uint32_t> bits) {
      constexpr std::size_t kRun = 64;  // most runs have none
      const std::uint32_t bucket = key_ / 2;
      for (std::size_t i = 0; i < bits.size(); i += kRun) {
        const auto run = bits.subspan(i, std::min(kRun, bits.size() - i));
        std::uint32_t any = 0;
        vectorised<CountInBucket>(run, bucket, &any);
        if (any == 0) continue;
        for (const std::uint32_t one : run) {
          const auto lower = static_cast<std::uint16_t>(one);
          if (one >> 16 == bucket && lower != 0) found.lower.push_back(lower);
        }
      }
      return true;
    });
    const std::lock_guard lock(mutex_);
    for (const std::uint16_t one : found.lower) ++lower_[one];
    held_ += found.lower.size();
    if (held_ <= kMostHeld) {
      found.lower.shrink_to_fit();
      return;
    }
    held_ -= found.lower.size();
    release(found.lower);
    found.held = false;
  }

  void count_equal(std::uint64_t block) const {
    OfBlock& found = of_blocks_[block];
    const auto lower = static_cast<std::uint16_t>(cut_.bits);
    if (lower != 0 && found.held) {
      found.equal = static_cast<std::uint64_t>(std::ranges::count(found.lower, lower));
      return;
    }
    for_each_piece(block, [&](std::uint64_t, std::span<const std::uint32_t> bits) {
      found.equal += equal_ones(bits);
      return true;
    });
  }

  std::uint32_t equal_ones(std::span<const std::uint32_t> bits) const {
    std::uint32_t equal = 0;
    vectorised<CountEqual>(bits, cut_.bits, &equal);
    return equal;
  }

  /// Behind the last of the equal ones that is taken.
  void find_index() const {
    std::uint64_t block = 0;
    std::uint64_t left = left_;
    while (of_blocks_[block].equal < left) {
      left -= of_blocks_[block++].equal;
      if (block == of_blocks_.size()) refuse_changed();
    }
    for_each_piece(block, [&](std::uint64_t first, std::span<const std::uint32_t> bits) {
      if (const std::uint32_t equal = equal_ones(bits); equal < left) {
        left -= equal;
        return true;
      }
      for (std::size_t i = 0; i < bits.size(); ++i) {
        if (bits[i] != cut_.bits || --left != 0) continue;
        cut_.index = first + i + 1;
        return false;
      }
      return true;
    });
  }

  std::vector<Values> sources_;  // the model, and the base
  std::uint64_t count_;
  From from_;
  std::uint64_t elements_;
  mutable std::atomic<bool> done_{false};
  mutable FirstPass key_pass_;
  mutable FirstPass lower_pass_;
  mutable FirstPass count_pass_;
  mutable Once begun_;
  mutable Once key_known_;
  mutable Once lower_begun_;
  mutable Once bits_known_;
  mutable Once known_;
  mutable std::mutex mutex_;
  mutable std::vector<std::vector<std::uint64_t>> counts_;  // of each key, by those threads that count
  mutable std::vector<std::uint64_t> lower_;                // of the lower halves of those in the bucket
  mutable std::vector<OfBlock> of_blocks_;
  mutable std::size_t held_ = 0;
  mutable bool expected_ = false;
  mutable std::uint32_t first_near_ = 0;
  mutable std::uint32_t key_ = 0;   // of the last one that is taken
  mutable std::uint64_t left_ = 0;  // elements that are taken of those that are equal so far
  mutable Cut cut_;
};

/// Keeps what a ranking takes, but for what another one takes that begins at the same end.
class ByMagnitude final : public Sparsifier {
 public:
  ByMagnitude(std::unique_ptr<const Ranking> kept, std::unique_ptr<const Ranking> but)
      : kept_(std::move(kept)), but_(std::move(but)) {}

  void apply(std::uint64_t first, std::span<double> differences) const override {
    Scratch<std::uint32_t> bits(differences.size());
    vectorised<PutBits>(std::span<const double>(differences), bits.span());
    // The bits that are kept are others behind each cut.
    const std::uint64_t end = first + differences.size();
    std::array<std::uint64_t, 3> ends = {end, end, end};
    if (kept_) ends[0] = std::clamp(kept_->cut().index, first, end);
    if (but_) ends[1] = std::clamp(but_->cut().index, first, end);
    std::ranges::sort(ends);
    std::uint64_t begin = first;
    for (const std::uint64_t next : ends) {
      if (next == begin) continue;
      keep(begin, bits.span().subspan(begin - first, next - begin),
           differences.subspan(begin - first, next - begin));
      begin = next;
    }
  }

 private:
  /// Of a run that no cut divides.
  void keep(std::uint64_t first, std::span<const std::uint32_t> bits, std::span<double> numbers) const {
    // Of equal bits, those before the index of a cut are taken. What passes the ends takes nothing.
    std::int64_t least = 0;
    std::int64_t most = kMagnitude;
    const auto bound = [&](const Ranking& ranking, bool taken) {
      const Cut& cut = ranking.cut();
      const bool equal_ones = (first < cut.index) == taken;
      const auto own = std::int64_t{cut.bits};
      if ((ranking.from() == Ranking::From::largest) == taken) {
        least = std::max(least, equal_ones ? own : own + 1);
      } else {
        most = std::min(most, equal_ones ? own : own - 1);
      }
    };
    if (kept_) bound(*kept_, true);
    if (but_) bound(*but_, false);
    if (most < least) {
      std::ranges::fill(numbers, 0.0);
      return;
    }
    vectorised<KeepWithin>(bits, static_cast<std::uint32_t>(least), static_cast<std::uint32_t>(most),
                           numbers);
  }

  std::unique_ptr<const Ranking> kept_;
  std::unique_ptr<const Ranking> but_;
};

class KeepNone final : public Sparsifier {
 public:
  void apply(std::uint64_t /*first*/, std::span<double> differences) const override {
    std::ranges::fill(differences, 0.0);
  }
};

/// floor(part * count), of a part in [0, 1].
std::uint64_t part_of(std::uint64_t count, double part) {
  if (!(part > 0)) return 0;
  if (part >= 1) return count;
  return std::min(count, static_cast<std::uint64_t>(part * static_cast<double>(count)));
}

}  // namespace

Sparsifying keep_largest(Values model, Values base, double density) {
  const std::uint64_t elements = model->count();
  if (density >= 1 || elements == 0) return nullptr;
  if (!(density > 0)) return std::make_shared<KeepNone>();
  const std::uint64_t kept = std::max<std::uint64_t>(part_of(elements, density), 1);
  if (kept == elements) return nullptr;
  return std::make_shared<ByMagnitude>(
      std::make_unique<Ranking>(std::move(model), std::move(base), kept, Ranking::From::largest), nullptr);
}

Sparsifying keep_between(Values model, Values base, double density, double gamma) {
  const std::uint64_t elements = model->count();
  const std::uint64_t kept = part_of(elements, density);
  std::uint64_t large = part_of(elements, gamma);
  if (elements == 0 || kept == elements) return nullptr;
  if (kept == 0) return std::make_shared<KeepNone>();
  large = std::min(large, elements - kept);
  const std::uint64_t small = elements - kept - large;
  const auto smallest = [&](std::uint64_t count) -> std::unique_ptr<const Ranking> {
    if (count == 0 || count == elements) return nullptr;
    return std::make_unique<Ranking>(model, base, count, Ranking::From::smallest);
  };
  return std::make_shared<ByMagnitude>(smallest(elements - large), smallest(small));
}

}  // namespace aerotool::merging
