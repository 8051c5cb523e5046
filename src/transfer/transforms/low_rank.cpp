#include "transfer/transforms/low_rank.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/scratch.hpp"
#include "core/taken_runs.hpp"
#include "core/vectorised.hpp"

namespace aerotool {
namespace {

// So many columns that their sums stay in the nearest cache.
constexpr std::uint64_t kColumnsAtOnce = 2048;
constexpr std::uint64_t kRowsAtOnce = 4;

/// sum = sum + factors[0] * rows[0] + ... of one row, or of kRowsAtOnce that are `stride` apart, in order.
struct AddRow {
  [[gnu::always_inline]] static void run(const float* factors, const float* rows, std::size_t /*stride*/,
                                         float* sum, std::size_t count) {
    const float factor = *factors;
    for (std::size_t i = 0; i < count; ++i) sum[i] = sum[i] + factor * rows[i];
  }
};

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

/// In F32, whatever they are stored as. Not turned: [count / columns, columns].
Floats read_matrix(const LowRank::Matrix& matrix, std::uint64_t columns) {
  Floats stored(matrix.values->count());
  if (matrix.values->fits_f32()) {
    matrix.values->read(0, std::span<float>(stored));
  } else {
    Scratch<double> numbers(stored.size());
    matrix.values->read(0, numbers.span());
    std::ranges::transform(numbers.span(), stored.begin(),
                           [](double number) { return static_cast<float>(number); });
  }
  if (!matrix.turned) return stored;
  Floats turned(stored.size());
  const std::uint64_t rows = stored.size() / columns;
  for (std::uint64_t row = 0; row < rows; ++row) {
    for (std::uint64_t column = 0; column < columns; ++column)
      turned[row * columns + column] = stored[column * rows + row];
  }
  return turned;
}

struct Factors {
  Floats left;   // [rows, rank]
  Floats right;  // [rank, columns]
};

class WithLowRank final : public ValueSource {
 public:
  WithLowRank(std::shared_ptr<const ValueSource> base, std::uint64_t columns, std::vector<LowRank> changes)
      : base_(std::move(base)), columns_(columns), changes_(std::move(changes)) {}

  std::uint64_t count() const override { return base_->count(); }
  bool fits_f32() const override { return false; }
  std::uint64_t unit() const override { return base_->unit(); }
  const std::string& path() const override { return base_->path(); }

  void read(std::uint64_t first, std::span<float> out) const override {
    Scratch<double> numbers(out.size());
    read(first, numbers.span());
    std::ranges::transform(numbers.span(), out.begin(),
                           [](double number) { return static_cast<float>(number); });
  }

  void read(std::uint64_t first, std::span<double> out) const override {
    base_->read(first, out);
    const auto factors = held();
    Scratch<float> sums(std::min(kColumnsAtOnce, columns_));
    for (std::uint64_t done = 0; done < out.size();) {
      const std::uint64_t row = (first + done) / columns_;
      const std::uint64_t column = (first + done) % columns_;
      const std::uint64_t count = std::min({columns_ - column, kColumnsAtOnce, out.size() - done});
      for (std::size_t i = 0; i < changes_.size(); ++i) {
        const auto sum = sums.first(count);
        product(changes_[i], (*factors)[i], row, column, sum);
        vectorised<AddSum>(changes_[i].factor, static_cast<const float*>(sum.data()), out.data() + done,
                           sum.size());
      }
      done += count;
    }
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
  /// A part of a row of the product.
  void product(const LowRank& change, const Factors& factors, std::uint64_t row, std::uint64_t column,
               std::span<float> sum) const {
    std::ranges::fill(sum, 0.0F);
    const std::uint64_t rows = count() / columns_ / change.matrices;
    const float* left = &factors.left[row * change.rank];
    const float* right = &factors.right[row / rows * change.rank * columns_ + column];
    std::uint64_t at = 0;
    for (; at + kRowsAtOnce <= change.rank; at += kRowsAtOnce)
      vectorised<AddRows>(left + at, right + at * columns_, columns_, sum.data(), sum.size());
    for (; at < change.rank; ++at)
      vectorised<AddRow>(left + at, right + at * columns_, columns_, sum.data(), sum.size());
  }

  std::shared_ptr<const std::vector<Factors>> held() const {
    const std::lock_guard lock(mutex_);
    if (factors_) return factors_;
    auto factors = std::make_shared<std::vector<Factors>>();
    for (const LowRank& change : changes_)
      factors->push_back({read_matrix(change.left, change.rank), read_matrix(change.right, columns_)});
    factors_ = std::move(factors);
    return factors_;
  }

  /// Holds nothing any more once all has been read, until it is read again.
  void release(std::uint64_t first, std::uint64_t end) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [from, to] : read_.take(first, end)) left_ -= to - from;
    if (left_ != 0) return;
    factors_.reset();
    read_ = TakenRuns();
    left_ = count();
  }

  std::shared_ptr<const ValueSource> base_;
  std::uint64_t columns_;
  std::vector<LowRank> changes_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const std::vector<Factors>> factors_;
  mutable TakenRuns read_;
  mutable std::uint64_t left_ = base_->count();
};

}  // namespace

std::shared_ptr<const ValueSource> with_low_rank(std::shared_ptr<const ValueSource> base,
                                                 std::uint64_t columns, std::vector<LowRank> changes) {
  return std::make_shared<WithLowRank>(std::move(base), columns, std::move(changes));
}

}  // namespace aerotool
