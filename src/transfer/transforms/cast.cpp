#include "transfer/transforms/cast.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "core/error.hpp"
#include "core/scratch.hpp"
#include "core/text.hpp"
#include "model/float_dtype.hpp"

namespace aerotool {
namespace {

// So many that they stay in a core's cache until they are rounded.
constexpr std::size_t kElementsAtOnce = std::size_t{16} << 10;

class CastBytes final : public ByteSource {
 public:
  CastBytes(std::shared_ptr<const ValueSource> values, Cast to)
      : values_(std::move(values)), to_(std::move(to)), width_(width_of(to_.kind)) {}

  std::uint64_t size() const override { return values_->count() * width_; }
  std::uint64_t unit() const override { return values_->unit() * width_; }
  const std::string& path() const override { return values_->path(); }
  std::vector<StoredTensor> inputs() const override { return values_->inputs(); }

  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    if (out.empty()) return;
    const std::uint64_t first = offset / width_;
    const std::uint64_t count = (offset + out.size() + width_ - 1) / width_ - first;
    Part part = {offset, out, {}, {}};
    if (to_.tally) part.fresh = to_.tally->take(first, first + count);
    if (offset % width_ == 0 && out.size() % width_ == 0 && values_->rounded_kind() == to_.kind) {
      count_fresh(count, values_->read_rounded(first, out), part);
    } else if (values_->fits_f32()) {
      read_floats(first, count, part);
    } else {
      values_->for_each_run(
          first, count, [&](std::uint64_t at, std::span<const double> numbers) { put(at, numbers, part); });
    }
    if (to_.tally) to_.tally->add(part.counts);
  }

  bool may_refuse() const override { return to_.overflow == Overflow::refuse && to_.tally; }

  void judge() const override {
    if (!may_refuse()) return;
    const std::uint64_t clipped = to_.tally->counts().clipped;
    if (clipped == 0) return;
    throw UnsupportedError({path(), {}, to_.name},
                           plural(clipped, "value") + (clipped == 1 ? " is" : " are") + " too large for " +
                               std::string(dtype_of(to_.kind).name()) + ", which --strict refuses");
  }

 private:
  /// What a read fills, and what it counts: of the elements that were not read before.
  struct Part {
    std::uint64_t offset = 0;
    std::span<std::byte> out;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> fresh;
    CastCounts counts;
  };

  void read_floats(std::uint64_t first, std::uint64_t count, Part& part) const {
    // Pieces begin where blocks of the source do, so that none is decoded twice.
    const std::uint64_t unit = std::max<std::uint64_t>(values_->unit(), 1);
    const std::uint64_t piece = std::max<std::uint64_t>(kElementsAtOnce / unit, 1) * unit;
    const std::uint64_t end = first + count;
    Scratch<float> numbers(std::min(piece, count));
    while (first < end) {
      const std::uint64_t next = std::min(end, first / piece * piece + piece);
      const auto values = numbers.first(next - first);
      values_->read(first, values);
      put(first, std::span<const float>(values), part);
      first = next;
    }
  }

  template <typename Number>
  void put(std::uint64_t first, std::span<const Number> values, Part& part) const {
    // Elements that the range cuts are made beside it.
    const std::uint64_t at = first * width_;
    const std::uint64_t to = at + values.size() * width_;
    const std::uint64_t from_byte = std::max(at, part.offset);
    const std::uint64_t to_byte = std::min<std::uint64_t>(to, part.offset + part.out.size());
    const auto target = part.out.subspan(from_byte - part.offset, to_byte - from_byte);
    if (target.size() == to - at) {
      narrow_and_count(first, values, target, part);
      return;
    }
    Scratch<std::byte> bytes(to - at);
    narrow_and_count(first, values, bytes.span(), part);
    std::memcpy(target.data(), bytes.span().data() + (from_byte - at), target.size());
  }

  template <typename Number>
  void narrow_and_count(std::uint64_t first, std::span<const Number> values, std::span<std::byte> out,
                        Part& part) const {
    const CastCounts of_all = narrow(to_.kind, values, out);
    if (!of_all.any()) return;
    const std::uint64_t after = first + values.size();
    for (const auto& [fresh_from, fresh_to] : part.fresh) {
      const std::uint64_t begin = std::max(first, fresh_from);
      const std::uint64_t end = std::min(after, fresh_to);
      if (begin >= end) continue;
      const std::uint64_t place = begin - first;
      part.counts.add(end - begin == values.size() ? of_all
                                                   : narrow(to_.kind, values.subspan(place, end - begin),
                                                            out.subspan(place * width_)));
    }
  }

  /// Of `count` elements that have been read, those that were not read before.
  void count_fresh(std::uint64_t count, const CastCounts& of_all, Part& part) const {
    if (!of_all.any()) return;
    for (const auto& [begin, end] : part.fresh) {
      if (end - begin == count) {
        part.counts.add(of_all);
        continue;
      }
      Scratch<std::byte> again((end - begin) * width_);
      part.counts.add(values_->read_rounded(begin, again.span()));
    }
  }

  std::shared_ptr<const ValueSource> values_;
  Cast to_;
  std::uint64_t width_;
};

}  // namespace

CastCounts CastTally::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> CastTally::take(std::uint64_t begin, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  return taken_.take(begin, end);
}

void CastTally::add(const CastCounts& counts) {
  const std::lock_guard lock(mutex_);
  counts_.add(counts);
}

std::shared_ptr<const ByteSource> cast(std::shared_ptr<const ValueSource> values, Cast to) {
  return std::make_shared<CastBytes>(std::move(values), std::move(to));
}

}  // namespace aerotool
