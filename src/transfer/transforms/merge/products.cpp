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

using Eight [[gnu::vector_size(64)]] = double;

[[gnu::always_inline]] inline void load(const double* numbers, Eight& eight) {
  std::memcpy(&eight, numbers, sizeof eight);
}

/// Adds the products of elements i, i + 8, i + 16 ... to sum i: an order that no processor's vectors change.
struct AddProducts {
  [[gnu::always_inline]] static void run(std::span<const double> a, std::span<const double> b, Sum* sum) {
    Eight sums;
    Eight x;
    Eight y;
    load(sum->data(), sums);
    const std::size_t whole = a.size() / kLanes * kLanes;
    for (std::size_t i = 0; i < whole; i += kLanes) {
      load(a.data() + i, x);
      load(b.data() + i, y);
      sums += x * y;
    }
    std::memcpy(sum->data(), &sums, sizeof sums);
    for (std::size_t i = whole; i < a.size(); ++i) (*sum)[i - whole] += a[i] * b[i];
  }
};

/// The same of two vectors with themselves and each other, which waits less for each sum.
struct AddProductsOfPair {
  [[gnu::always_inline]] static void run(std::span<const double> a, std::span<const double> b, Sum* sum_aa,
                                         Sum* sum_ab, Sum* sum_bb) {
    Eight aa;
    Eight ab;
    Eight bb;
    Eight x;
    Eight y;
    load(sum_aa->data(), aa);
    load(sum_ab->data(), ab);
    load(sum_bb->data(), bb);
    const std::size_t whole = a.size() / kLanes * kLanes;
    for (std::size_t i = 0; i < whole; i += kLanes) {
      load(a.data() + i, x);
      load(b.data() + i, y);
      aa += x * x;
      ab += x * y;
      bb += y * y;
    }
    std::memcpy(sum_aa->data(), &aa, sizeof aa);
    std::memcpy(sum_ab->data(), &ab, sizeof ab);
    std::memcpy(sum_bb->data(), &bb, sizeof bb);
    for (std::size_t i = whole; i < a.size(); ++i) {
      (*sum_aa)[i - whole] += a[i] * a[i];
      (*sum_ab)[i - whole] += a[i] * b[i];
      (*sum_bb)[i - whole] += b[i] * b[i];
    }
  }
};

}  // namespace

Products::Products(std::vector<Values> vectors, Values base)
    : sources_(std::move(vectors)),
      vectors_(sources_.size()),
      has_base_(base != nullptr),
      pairs_(vectors_ * (vectors_ + 1) / 2),
      pass_(blocks_of(sources_.front()->count())) {
  if (base) sources_.push_back(std::move(base));
}

std::size_t Products::place(std::size_t a, std::size_t b) const {
  if (a < b) std::swap(a, b);
  return a * (a + 1) / 2 + b;
}

double Products::of(std::size_t a, std::size_t b) const {
  const std::uint64_t blocks = blocks_of(sources_.front()->count());
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
  const std::uint64_t end = std::min(sources_.front()->count(), (block + 1) * kBlockElements);
  std::vector<Sum> sums(pairs_, Sum{});
  Scratch<double> base(kMergedAtOnce);
  Scratch<double> numbers(vectors_ * kMergedAtOnce);
  for (std::uint64_t first = block * kBlockElements; first < end; first += kPieceElements) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceElements, end - first));
    Inputs inputs(sources_, first, piece);
    for (std::size_t begin = 0; begin < piece; begin += kMergedAtOnce) {
      const std::size_t count = std::min(kMergedAtOnce, piece - begin);
      inputs.choose(begin, count);
      const auto numbers_of = [&](std::size_t i) { return numbers.span().subspan(i * kMergedAtOnce, count); };
      if (has_base_) inputs.put(vectors_, base.first(count));
      for (std::size_t i = 0; i < vectors_; ++i) {
        inputs.with(i, [&]<typename Number>(std::span<const Number> from) {
          if (has_base_) {
            vectorised<PutDifference<Number>>(from, std::span<const double>(base.first(count)),
                                              numbers_of(i));
          } else {
            vectorised<Put<Number>>(from, numbers_of(i));
          }
        });
      }
      if (vectors_ == 2) {
        vectorised<AddProductsOfPair>(std::span<const double>(numbers_of(0)),
                                      std::span<const double>(numbers_of(1)), &sums[place(0, 0)],
                                      &sums[place(0, 1)], &sums[place(1, 1)]);
        continue;
      }
      for (std::size_t a = 0; a < vectors_; ++a) {
        for (std::size_t b = 0; b <= a; ++b) {
          vectorised<AddProducts>(std::span<const double>(numbers_of(a)),
                                  std::span<const double>(numbers_of(b)), &sums[place(a, b)]);
        }
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
