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
    if (values_->fits_f32()) {
      read_by<float>(offset, out);
    } else {
      read_by<double>(offset, out);
    }
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
  template <typename Number>
  void read_by(std::uint64_t offset, std::span<std::byte> out) const {
    if (out.empty()) return;
    // Pieces begin where blocks of the source do, so that none is decoded twice.
    const std::uint64_t unit = std::max<std::uint64_t>(values_->unit(), 1);
    const std::uint64_t piece = std::max<std::uint64_t>(kElementsAtOnce / unit, 1) * unit;
    const std::uint64_t end = (offset + out.size() + width_ - 1) / width_;
    Scratch<Number> numbers(std::min(piece, end - offset / width_));
    Scratch<std::byte> bytes(numbers.span().size() * width_);
    for (std::uint64_t first = offset / width_; first < end;) {
      const std::uint64_t next = std::min(end, first / piece * piece + piece);
      const auto values = numbers.first(next - first);
      values_->read(first, values);
      // Elements that the range cuts are made beside it.
      const std::uint64_t at = first * width_;
      const std::uint64_t to = next * width_;
      const std::uint64_t from_byte = std::max(at, offset);
      const std::uint64_t to_byte = std::min<std::uint64_t>(to, offset + out.size());
      const auto target = out.subspan(from_byte - offset, to_byte - from_byte);
      if (target.size() == to - at) {
        put(first, std::span<const Number>(values), target);
      } else {
        put(first, std::span<const Number>(values), bytes.first(to - at));
        std::memcpy(target.data(), bytes.span().data() + (from_byte - at), target.size());
      }
      first = next;
    }
  }

  template <typename Number>
  void put(std::uint64_t first, std::span<const Number> values, std::span<std::byte> out) const {
    if (!to_.tally) {
      narrow(to_.kind, values, out);
      return;
    }
    const auto runs = to_.tally->take(first, first + values.size());
    if (runs.size() == 1 && runs.front().second - runs.front().first == values.size()) {
      to_.tally->add(narrow(to_.kind, values, out));
      return;
    }
    narrow(to_.kind, values, out);
    for (const auto& [begin, end] : runs) {
      const std::uint64_t at = begin - first;
      to_.tally->add(narrow(to_.kind, values.subspan(at, end - begin), out.subspan(at * width_)));
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
