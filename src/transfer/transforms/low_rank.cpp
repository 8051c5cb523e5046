#include "transfer/transforms/low_rank.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/error.hpp"
#include "core/scratch.hpp"
#include "core/taken_runs.hpp"
#include "core/vectorised.hpp"

namespace aerotool {
namespace {

// So many columns that their sums stay in the nearest cache.
constexpr std::uint64_t kColumnsAtOnce = 2048;
constexpr std::uint64_t kRowsAtOnce = 4;
// Elements of a matrix that are read before they are turned.
constexpr std::uint64_t kTurnedAtOnce = std::uint64_t{64} << 10;
// Elements, of whole rows, that are made at once: what is read for a row is little beside them.
constexpr std::uint64_t kChangedAtOnce = std::uint64_t{128} << 10;

/// sum = sum + factor * row
struct AddRow {
  [[gnu::always_inline]] static void run(float factor, const float* row, float* sum, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) sum[i] = sum[i] + factor * row[i];
  }
};

/// The same of kRowsAtOnce rows that are `stride` apart, one after the other.
struct AddRows {
  [[gnu::always_inline]] static void run(const float* factors, const float* rows, std::size_t stride,
                                         float* sum, std::size_t count) {
    const float a = factors[0];
    const float b = factors[1];
    const float c = factors[2];
    const float d = factors[3];
    const float* const second = rows + stride;
    const float* const third = second + stride;
    const float* const fourth = third + stride;
    for (std::size_t i = 0; i < count; ++i) {
      float all = sum[i] + a * rows[i];
      all = all + b * second[i];
      all = all + c * third[i];
      sum[i] = all + d * fourth[i];
    }
  }
};

/// out = out + factor * sum
struct AddSum {
  [[gnu::always_inline]] static void run(double factor, const float* sum, double* out, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) out[i] = out[i] + factor * static_cast<double>(sum[i]);
  }
};

using Floats = std::vector<float>;

/// In F32, whatever they are stored as.
void read_floats(const ValueSource& values, std::uint64_t first, std::span<float> out) {
  if (values.fits_f32()) return values.read(first, out);
  Scratch<double> numbers(out.size());
  values.read(first, numbers.span());
  std::ranges::transform(numbers.span(), out.begin(),
                         [](double number) { return static_cast<float>(number); });
}

/// Rows [first, first + out.size() / columns) of a matrix that has so many rows.
void read_rows(const LowRank::Matrix& matrix, std::uint64_t rows, std::uint64_t columns, std::uint64_t first,
               std::span<float> out) {
  if (!matrix.turned) return read_floats(*matrix.values, first * columns, out);
  const std::uint64_t count = out.size() / columns;
  // So many columns, each of which is stored as a row, that reading them takes little memory.
  const std::uint64_t at_once =
      count == rows ? std::clamp<std::uint64_t>(kTurnedAtOnce / rows, 1, columns) : 1;
  Scratch<float> turned(count * at_once);
  for (std::uint64_t column = 0; column < columns; column += at_once) {
    const std::uint64_t here = std::min(at_once, columns - column);
    const auto stored = turned.first(here * count);
    read_floats(*matrix.values, column * rows + first, stored);
    for (std::uint64_t i = 0; i < here; ++i) {
      for (std::uint64_t row = 0; row < count; ++row)
        out[row * columns + column + i] = stored[i * count + row];
    }
  }
}

class WithLowRank final : public DoubleSource {
 public:
  WithLowRank(std::shared_ptr<const ValueSource> base, std::uint64_t columns, std::vector<LowRank> changes)
      : base_(std::move(base)), columns_(columns), changes_(std::move(changes)) {}

  std::uint64_t count() const override { return base_->count(); }
  std::uint64_t unit() const override {
    const std::uint64_t unit = std::max<std::uint64_t>(base_->unit(), 1);
    if (columns_ % unit != 0 || columns_ > kChangedAtOnce) return unit;
    return kChangedAtOnce / columns_ * columns_;
  }
  const std::string& path() const override { return base_->path(); }

  void read(std::uint64_t first, std::span<double> out) const override {
    if (out.empty()) return;
    base_->read(first, out);
    for (std::size_t i = 0; i < changes_.size(); ++i) add(i, first, out);
    release(first, first + out.size());
  }

  std::vector<StoredTensor> inputs() const override {
    std::vector<StoredTensor> all = base_->inputs();
    for (const LowRank& change : changes_) {
      for (const auto* matrix : {&change.left, &change.right}) {
        const auto more = matrix->values->inputs();
        all.insert(all.end(), more.begin(), more.end());
      }
    }
    return all;
  }

 private:
  struct Held {
    std::uint64_t matrix = 0;
    std::shared_ptr<const Floats> right;  // [rank, columns]
  };

  std::uint64_t rows_of(const LowRank& change) const { return count() / columns_ / change.matrices; }

  /// Adds a change to numbers from `first` on.
  void add(std::size_t number, std::uint64_t first, std::span<double> out) const {
    const LowRank& change = changes_[number];
    const std::uint64_t rows = rows_of(change);
    const std::uint64_t first_row = first / columns_;
    const std::uint64_t end_row = (first + out.size() + columns_ - 1) / columns_;
    Scratch<float> left((end_row - first_row) * change.rank);
    read_rows(change.left, rows * change.matrices, change.rank, first_row, left.span());
    Scratch<float> sums(std::min(kColumnsAtOnce, columns_));
    std::shared_ptr<const Floats> right;
    std::uint64_t matrix = 0;
    for (std::uint64_t done = 0; done < out.size();) {
      const std::uint64_t row = (first + done) / columns_;
      const std::uint64_t column = (first + done) % columns_;
      const auto sum = sums.first(std::min({columns_ - column, kColumnsAtOnce, out.size() - done}));
      if (!right || row / rows != matrix) {
        matrix = row / rows;
        right = right_of(number, matrix);
      }
      product(&left.span()[(row - first_row) * change.rank], &(*right)[column], change.rank, sum);
      vectorised<AddSum>(change.factor, static_cast<const float*>(sum.data()), out.data() + done, sum.size());
      done += sum.size();
    }
  }

  /// A part of a row of the product.
  void product(const float* left, const float* right, std::uint64_t rank, std::span<float> sum) const {
    std::ranges::fill(sum, 0.0F);
    std::uint64_t at = 0;
    for (; at + kRowsAtOnce <= rank; at += kRowsAtOnce)
      vectorised<AddRows>(left + at, right + at * columns_, columns_, sum.data(), sum.size());
    for (; at < rank; ++at) vectorised<AddRow>(left[at], right + at * columns_, sum.data(), sum.size());
  }

  /// One of a change's right matrices, the last one of which is held.
  std::shared_ptr<const Floats> right_of(std::size_t number, std::uint64_t matrix) const {
    const LowRank& change = changes_[number];
    const std::lock_guard lock(mutex_);
    Held& held = held_[number];
    if (held.right && held.matrix == matrix) return held.right;
    held.right.reset();
    auto right = std::make_shared<Floats>(change.rank * columns_);
    read_rows(change.right, change.rank * change.matrices, columns_, matrix * change.rank, *right);
    held = {matrix, std::move(right)};
    return held.right;
  }

  /// Holds nothing any more once all has been read, until it is read again.
  void release(std::uint64_t first, std::uint64_t end) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [from, to] : read_.take(first, end)) left_ -= to - from;
    if (left_ != 0) return;
    for (Held& held : held_) held.right.reset();
    read_ = TakenRuns();
    left_ = count();
  }

  std::shared_ptr<const ValueSource> base_;
  std::uint64_t columns_;
  std::vector<LowRank> changes_;
  mutable std::mutex mutex_;
  mutable std::vector<Held> held_{changes_.size()};
  mutable TakenRuns read_;
  mutable std::uint64_t left_ = base_->count();
};

}  // namespace

std::shared_ptr<const ValueSource> with_low_rank(std::shared_ptr<const ValueSource> base,
                                                 std::uint64_t columns, std::vector<LowRank> changes) {
  const std::uint64_t rows = columns == 0 ? 0 : base->count() / columns;
  for (const LowRank& change : changes) {
    const bool fits = change.left.values->count() == rows * change.rank &&
                      change.right.values->count() == change.matrices * change.rank * columns;
    if (!fits) throw CorruptError({change.right.values->path(), {}, {}}, "a product has another size");
  }
  return std::make_shared<WithLowRank>(std::move(base), columns, std::move(changes));
}

}  // namespace aerotool
