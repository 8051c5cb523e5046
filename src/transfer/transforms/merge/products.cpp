#include "transfer/transforms/merge/products.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "transfer/transforms/merge/kernels.hpp"

namespace aerotool::merging {
namespace {

constexpr std::size_t kLanes = 8;

using Sum = std::array<double, kLanes>;

using Four [[gnu::vector_size(32)]] = double;

/// Adds the products of elements i, i + 8, i + 16 ... to sum i: an order that no processor's vectors change.
struct AddProducts {
  [[gnu::always_inline]] static void run(std::span<const double> a, std::span<const double> b, Sum* sum) {
    Four low;
    Four high;
    std::memcpy(&low, sum->data(), sizeof low);
    std::memcpy(&high, sum->data() + 4, sizeof high);
    const std::size_t whole = a.size() / kLanes * kLanes;
    for (std::size_t i = 0; i < whole; i += kLanes) {
      Four x;
      Four y;
      std::memcpy(&x, a.data() + i, sizeof x);
      std::memcpy(&y, b.data() + i, sizeof y);
      low += x * y;
      std::memcpy(&x, a.data() + i + 4, sizeof x);
      std::memcpy(&y, b.data() + i + 4, sizeof y);
      high += x * y;
    }
    std::memcpy(sum->data(), &low, sizeof low);
    std::memcpy(sum->data() + 4, &high, sizeof high);
    for (std::size_t i = whole; i < a.size(); ++i) (*sum)[i - whole] += a[i] * b[i];
  }
};

}  // namespace

Products::Products(std::vector<Values> vectors, Values base)
    : vectors_(std::move(vectors)),
      base_(std::move(base)),
      pairs_(vectors_.size() * (vectors_.size() + 1) / 2),
      pass_(blocks_of(vectors_.front()->count())) {}

std::size_t Products::place(std::size_t a, std::size_t b) const {
  if (a < b) std::swap(a, b);
  return a * (a + 1) / 2 + b;
}

double Products::of(std::size_t a, std::size_t b) const {
  const std::uint64_t blocks = blocks_of(vectors_.front()->count());
  begun_.run([&] { of_blocks_.resize(pairs_ * blocks); });
  pass_.run([this](std::uint64_t block) { add_block(block); });
  summed_.run([&] {
    sums_.assign(pairs_, 0);
    for (std::uint64_t block = 0; block < blocks; ++block) {
      for (std::size_t pair = 0; pair < pairs_; ++pair) sums_[pair] += of_blocks_[block * pairs_ + pair];
    }
    std::vector<double>().swap(of_blocks_);
  });
  return sums_[place(a, b)];
}

void Products::add_block(std::uint64_t block) const {
  const std::uint64_t end = std::min(vectors_.front()->count(), (block + 1) * kBlockElements);
  std::vector<Sum> sums(pairs_, Sum{});
  Scratch<double> numbers(vectors_.size() * kPieceElements);
  for (std::uint64_t first = block * kBlockElements; first < end; first += kPieceElements) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceElements, end - first));
    const auto numbers_of = [&](std::size_t i) { return numbers.span().subspan(i * kPieceElements, count); };
    for (std::size_t i = 0; i < vectors_.size(); ++i) vectors_[i]->read(first, numbers_of(i));
    if (base_) {
      with_numbers(*base_, first, count, [&]<typename Number>(std::span<const Number> base) {
        for (std::size_t i = 0; i < vectors_.size(); ++i) vectorised<Subtract<Number>>(base, numbers_of(i));
      });
    }
    for (std::size_t a = 0; a < vectors_.size(); ++a) {
      for (std::size_t b = 0; b <= a; ++b) {
        vectorised<AddProducts>(std::span<const double>(numbers_of(a)),
                                std::span<const double>(numbers_of(b)), &sums[place(a, b)]);
      }
    }
  }
  for (std::size_t pair = 0; pair < pairs_; ++pair) {
    double sum = 0;
    for (const double lane : sums[pair]) sum += lane;
    of_blocks_[block * pairs_ + pair] = sum;
  }
}

double cosine(const Products& products, std::size_t a, std::size_t b) {
  constexpr double kLeast = 1e-8;
  const auto length = [&](std::size_t i) {
    const double norm = std::sqrt(products.of(i, i));
    return norm <= kLeast ? 1 : norm;
  };
  return std::clamp(products.of(a, b) / length(a) / length(b), -1.0, 1.0);
}

}  // namespace aerotool::merging
