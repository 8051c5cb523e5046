// Elements that lie in another order, against a loop that takes one after the other.
#include "model/gathered.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "core/checked.hpp"
#include "core/error.hpp"

using namespace aerotool;

namespace {

struct Storage {
  explicit Storage(std::size_t size) : bytes(size) {
    std::uint32_t state = 7;
    for (std::byte& byte : bytes)
      byte = static_cast<std::byte>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  }
  GatherSource source(bool is_mapped) const {
    GatherSource source;
    source.read = [this](std::uint64_t offset, std::span<std::byte> out) {
      REQUIRE(range_fits(offset, out.size(), bytes.size()));
      std::ranges::copy(std::span(bytes).subspan(offset, out.size()), out.begin());
    };
    if (is_mapped) {
      source.mapped = [this](std::uint64_t offset, std::uint64_t length) -> std::optional<Bytes> {
        REQUIRE(range_fits(offset, length, bytes.size()));
        return Bytes{std::span(bytes).subspan(offset, length), nullptr};
      };
    }
    return source;
  }
  std::vector<std::byte> bytes;
};

std::vector<std::byte> one_by_one(const Storage& storage, const GatheredElements& elements) {
  std::uint64_t count = 1;
  for (const std::uint64_t dimension : elements.view.shape) count *= dimension;
  std::vector<std::byte> out;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t from = element_at(elements.view, i) * elements.width;
    std::vector<std::byte> element(
        storage.bytes.begin() + static_cast<std::ptrdiff_t>(from),
        storage.bytes.begin() + static_cast<std::ptrdiff_t>(from + elements.width));
    for (std::size_t at = 0; at < element.size(); at += elements.swapped)
      std::ranges::reverse(std::span(element).subspan(at, elements.swapped));
    out.insert(out.end(), element.begin(), element.end());
  }
  return out;
}

/// Read at once, and in pieces that end inside of elements.
void check(const Storage& storage, const GatheredElements& elements) {
  REQUIRE(reach_of(elements.view));
  const std::vector<std::byte> expected = one_by_one(storage, elements);
  for (const bool is_mapped : {false, true}) {
    CAPTURE(is_mapped);
    const Gathered gathered(elements, storage.source(is_mapped));
    REQUIRE(gathered.size() == expected.size());
    std::vector<std::byte> whole(expected.size());
    gathered.read(0, whole);
    CHECK(whole == expected);
    const std::size_t piece = std::max<std::size_t>(expected.size() / 9, 3);
    std::vector<std::byte> pieces(expected.size());
    for (std::size_t at = 0; at < pieces.size(); at += piece)
      gathered.read(at, std::span(pieces).subspan(at, std::min(piece, pieces.size() - at)));
    CHECK(pieces == expected);
  }
}

/// Strides of elements whose first dimension is the fastest.
std::vector<std::int64_t> column_major(const Shape& shape) {
  std::vector<std::int64_t> strides;
  std::int64_t step = 1;
  for (const std::uint64_t dimension : shape) {
    strides.push_back(step);
    step *= static_cast<std::int64_t>(std::max<std::uint64_t>(dimension, 1));
  }
  return strides;
}

}  // namespace

TEST_CASE("gathered: all orders of dimensions, with and without swapped bytes") {
  const Storage storage(4096);
  const std::vector<Shape> shapes = {{}, {7}, {3, 5}, {5, 1, 3}, {2, 3, 4}, {3, 1, 2, 5}, {0, 3}, {4, 0}};
  for (const Shape& shape : shapes) {
    CAPTURE(to_string(shape));
    std::vector<std::size_t> order(shape.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    do {
      std::vector<std::int64_t> strides(shape.size());
      std::int64_t step = 1;
      for (const std::size_t dimension : order) {
        strides[dimension] = step;
        step *= static_cast<std::int64_t>(std::max<std::uint64_t>(shape[dimension], 1));
      }
      for (const std::uint32_t width : {1U, 2U, 3U, 4U, 8U, 16U}) {
        check(storage, {{5, shape, strides}, width, 1});
        check(storage, {{5, shape, strides}, width, width});
        if (width % 2 == 0) check(storage, {{5, shape, strides}, width, width / 2});
      }
    } while (std::ranges::next_permutation(order).found);
  }
}

TEST_CASE("gathered: what is moved in tiles, whole ones and the rest at each side") {
  const Storage storage(std::size_t{1} << 16);
  for (const Shape& shape :
       {Shape{64, 64}, Shape{130, 67}, Shape{67, 130}, Shape{1, 200}, Shape{3, 70, 65}}) {
    CAPTURE(to_string(shape));
    const std::vector<std::int64_t> strides = column_major(shape);
    for (const std::uint32_t width : {1U, 2U, 3U, 4U}) {
      check(storage, {{0, shape, strides}, width, 1});
      check(storage, {{0, shape, strides}, width, width});
    }
  }
  check(storage, {{1, {100, 70}, {1, 101}}, 8, 1});    // lines that are further apart than they are long
  check(storage, {{1, {70, 50}, {1, 75}}, 16, 8});     // complex numbers
  check(storage, {{9000, {70, 90}, {1, -99}}, 4, 1});  // from the last line on
}

TEST_CASE("gathered: slices, repeated and reversed elements") {
  const Storage storage(8192);
  check(storage, {{0, {4, 5}, {100, 1}}, 4, 1});         // columns of a matrix
  check(storage, {{0, {4, 5}, {1, 100}}, 4, 1});         // and of its transpose
  check(storage, {{3, {6, 5}, {0, 1}}, 4, 1});           // one row again and again
  check(storage, {{3, {6, 5}, {1, 0}}, 4, 4});           // one column
  check(storage, {{3, {6, 5}, {0, 0}}, 8, 8});           // one element
  check(storage, {{0, {6, 5}, {1, 1}}, 2, 1});           // windows
  check(storage, {{99, {10, 10}, {-10, -1}}, 2, 2});     // from the end
  check(storage, {{90, {10, 10}, {-10, 1}}, 2, 1});      // rows from the last one on
  check(storage, {{9, {10, 10}, {10, -1}}, 2, 1});       // columns from the last one on
  check(storage, {{1, {3, 4, 5}, {7, 31, 200}}, 4, 2});  // steps of any size
  check(storage, {{1, {20}, {3}}, 4, 1});
  check(storage, {{1, {20, 1}, {3, -100}}, 4, 1});  // nobody steps in a dimension of one
}

TEST_CASE("gathered: more than is gathered at once") {
  // Bands of some rows, of a part of a row, and of a part of one dimension among three.
  const Storage storage(std::size_t{20} << 20);
  for (const Shape& shape : {Shape{3000, 1500}, Shape{7, 600'001}, Shape{2, 2'500'000}, Shape{3, 700, 1000},
                             Shape{5'000'000, 1}}) {
    CAPTURE(to_string(shape));
    const GatheredElements elements{{0, shape, column_major(shape)}, 4, 1};
    const Gathered gathered(elements, storage.source(false));
    const Gathered mapped(elements, storage.source(true));
    std::vector<std::byte> out(gathered.size());
    std::vector<std::byte> same(gathered.size());
    gathered.read(0, out);
    mapped.read(0, same);
    CHECK(out == same);
    // A look here and there.
    bool is_right = true;
    std::uint64_t count = gathered.size() / 4;
    for (std::uint64_t i = 0; i < count; i += 997) {
      const std::uint64_t from = element_at(elements.view, i) * 4;
      is_right = is_right && std::ranges::equal(std::span(out).subspan(i * 4, 4),
                                                std::span(storage.bytes).subspan(from, 4));
    }
    CHECK(is_right);
  }
}

TEST_CASE("gathered: long runs are read where they go") {
  const Storage storage(std::size_t{2} << 20);
  check(storage, {{10, {4, 20'000}, {100'000, 1}}, 4, 1});
  check(storage, {{10, {4, 20'000}, {100'000, 1}}, 4, 4});
}

TEST_CASE("gathered: threads side by side") {
  const Storage storage(std::size_t{24} << 20);
  const Shape shape{2000, 3000};
  const GatheredElements elements{{0, shape, column_major(shape)}, 4, 4};
  const Gathered gathered(elements, storage.source(true));
  std::vector<std::byte> alone(gathered.size());
  gathered.read(0, alone);
  std::vector<std::byte> together(gathered.size());
  std::vector<std::thread> threads;
  for (std::size_t first = 0; first < 3; ++first) {
    threads.emplace_back([&, first] {
      constexpr std::size_t kBlock = 256 << 10;
      for (std::size_t at = first * kBlock; at < together.size(); at += 3 * kBlock)
        gathered.read(at, std::span(together).subspan(at, std::min(kBlock, together.size() - at)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(together == alone);
}

TEST_CASE("gathered: what cannot be read is tried again") {
  const Storage storage(std::size_t{1} << 20);
  const Shape shape{300, 400};
  const GatheredElements elements{{0, shape, column_major(shape)}, 4, 1};
  GatherSource source = storage.source(false);
  bool fails = true;
  source.read = [&, read = source.read](std::uint64_t offset, std::span<std::byte> out) {
    if (fails) throw CorruptError({"a", {}, {}}, "cannot be read");
    read(offset, out);
  };
  const Gathered gathered(elements, source);
  std::vector<std::byte> out(gathered.size());
  CHECK_THROWS_AS(gathered.read(0, out), CorruptError);
  fails = false;
  gathered.read(0, out);
  CHECK(out == one_by_one(storage, elements));
}

TEST_CASE("gathered: who goes on finds the next band gathered") {
  const Storage storage(std::size_t{20} << 20);
  const Shape shape{4096, 1024};  // of four bytes: bands of 4 MiB
  const GatheredElements elements{{0, shape, column_major(shape)}, 4, 1};
  GatherSource source = storage.source(false);
  std::size_t reads = 0;
  source.read = [&, read = source.read](std::uint64_t offset, std::span<std::byte> out) {
    ++reads;
    read(offset, out);
  };
  const Gathered gathered(elements, source);
  std::vector<std::byte> out(4);
  const auto reads_of_band = [&](std::uint64_t band) {
    const std::size_t before = reads;
    gathered.read(band * kGatheredAtOnce, out);
    return reads - before;
  };
  const std::size_t one = reads_of_band(0);
  CHECK(one > 0);
  CHECK(reads_of_band(1) == 2 * one);
  CHECK(reads_of_band(1) == 0);
  CHECK(reads_of_band(2) == one);
  CHECK(reads_of_band(3) == 0);
  // Who reads here and there has nothing gathered in vain.
  const Gathered another(elements, source);
  const std::size_t before = reads;
  another.read(3 * kGatheredAtOnce, out);
  another.read(0, out);
  CHECK(reads - before == 2 * one);
}
