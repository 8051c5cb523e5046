#include "transfer/transforms/merge/magnitude.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

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
      const double difference = static_cast<double>(from[i]) - static_cast<double>(minus[i]);
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

/// Finds the `count` first elements of a ranking, at least one and not all, by the two halves of their bits.
class Ranking {
 public:
  enum class From { largest, smallest };

  Ranking(Values model, Values base, std::uint64_t count, From from)
      : model_(std::move(model)),
        base_(std::move(base)),
        count_(count),
        from_(from),
        elements_(model_->count()),
        upper_pass_(blocks_of(elements_)),
        lower_pass_(blocks_of(elements_)),
        count_pass_(blocks_of(elements_)) {}

  From from() const { return from_; }

  /// The first call goes through the tensor. Thread-safe.
  const Cut& cut() const {
    begun_.run([&] {
      upper_ = std::vector<std::uint64_t>(kHalves);
      lower_ = std::vector<std::uint64_t>(kHalves);
      of_blocks_.resize(blocks_of(elements_));
    });
    upper_pass_.run([this](std::uint64_t block) { count_upper(block); });
    bucket_known_.run([this] {
      std::tie(bucket_, left_) = place(upper_, count_);
      release(upper_);
    });
    lower_pass_.run([this](std::uint64_t block) { collect_lower(block); });
    bits_known_.run([this] {
      const auto [lower, left] = place(lower_, left_);
      release(lower_);
      cut_.bits = (bucket_ << 16) | lower;
      left_ = left;
    });
    // How many have just these bits, in each block.
    count_pass_.run([this](std::uint64_t block) { count_equal(block); });
    known_.run([this] {
      find_index();
      release(of_blocks_);
    });
    return cut_;
  }

 private:
  static constexpr std::size_t kHalves = std::size_t{1} << 16;
  /// So many lower halves are held; where a bucket has more, their block is read once more.
  static constexpr std::size_t kMostHeld = std::size_t{1} << 20;

  struct OfBlock {
    std::vector<std::uint16_t> lower;  ///< of those in the bucket, in order
    bool held = true;                  ///< all are
    std::uint64_t equal = 0;
  };

  /// The half in which the `count`-th element of the ranking lies, and which one of that half it is.
  std::pair<std::uint32_t, std::uint64_t> place(const std::vector<std::uint64_t>& halves,
                                                std::uint64_t count) const {
    std::size_t half = from_ == From::largest ? halves.size() - 1 : 0;
    while (halves[half] < count) {
      count -= halves[half];
      from_ == From::largest ? --half : ++half;
    }
    return {static_cast<std::uint32_t>(half), count};
  }

  /// Calls `visit` with the bits of a block, a piece at a time.
  template <typename Visit>
  void for_each_piece(std::uint64_t block, Visit visit) const {
    const std::uint64_t end = std::min(elements_, (block + 1) * kBlockElements);
    Scratch<std::uint32_t> bits(kPieceElements);
    for (std::uint64_t first = block * kBlockElements; first < end; first += kPieceElements) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceElements, end - first));
      const Numbers model(*model_, first, count);
      const Numbers base(*base_, first, count);
      model.with(0, count, [&]<typename Number>(std::span<const Number> numbers) {
        base.with(0, count, [&]<typename OfBase>(std::span<const OfBase> minus) {
          vectorised<PutBitsOfDifference<Number, OfBase>>(numbers, minus, bits.first(count));
        });
      });
      if (!visit(first, std::span<const std::uint32_t>(bits.first(count)))) return;
    }
  }

  void count_upper(std::uint64_t block) const {
    std::vector<std::uint32_t> counts(kHalves);
    for_each_piece(block, [&](std::uint64_t, std::span<const std::uint32_t> bits) {
      for (const std::uint32_t one : bits) ++counts[one >> 16];
      return true;
    });
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < kHalves; ++i) upper_[i] += counts[i];
  }

  void collect_lower(std::uint64_t block) const {
    OfBlock& found = of_blocks_[block];
    std::vector<std::uint32_t> counts;
    for_each_piece(block, [&](std::uint64_t, std::span<const std::uint32_t> bits) {
      constexpr std::size_t kRun = 64;  // most runs have none
      for (std::size_t i = 0; i < bits.size(); i += kRun) {
        const auto run = bits.subspan(i, std::min(kRun, bits.size() - i));
        std::uint32_t any = 0;
        vectorised<CountInBucket>(run, bucket_, &any);
        if (any == 0) continue;
        for (const std::uint32_t one : run) {
          if (one >> 16 == bucket_) found.lower.push_back(static_cast<std::uint16_t>(one));
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
    if (found.held) {
      found.equal = static_cast<std::uint64_t>(std::ranges::count(found.lower, lower));
      return;
    }
    for_each_piece(block, [&](std::uint64_t, std::span<const std::uint32_t> bits) {
      found.equal += static_cast<std::uint64_t>(std::ranges::count(bits, cut_.bits));
      return true;
    });
  }

  /// Behind the last of the equal ones that is taken.
  void find_index() const {
    std::uint64_t block = 0;
    while (of_blocks_[block].equal < left_) left_ -= of_blocks_[block++].equal;
    for_each_piece(block, [&](std::uint64_t first, std::span<const std::uint32_t> bits) {
      for (std::size_t i = 0; i < bits.size(); ++i) {
        if (bits[i] != cut_.bits || --left_ != 0) continue;
        cut_.index = first + i + 1;
        return false;
      }
      return true;
    });
  }

  Values model_;
  Values base_;
  std::uint64_t count_;
  From from_;
  std::uint64_t elements_;
  mutable FirstPass upper_pass_;
  mutable FirstPass lower_pass_;
  mutable FirstPass count_pass_;
  mutable Once begun_;
  mutable Once bucket_known_;
  mutable Once bits_known_;
  mutable Once known_;
  mutable std::mutex mutex_;
  mutable std::vector<std::uint64_t> upper_;  // how many elements have each upper half of bits
  mutable std::vector<std::uint64_t> lower_;  // likewise, of those in the bucket
  mutable std::vector<OfBlock> of_blocks_;
  mutable std::size_t held_ = 0;
  mutable std::uint32_t bucket_ = 0;
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
