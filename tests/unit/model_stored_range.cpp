// Encoded, shared and strided bytes of tensors.
#include "model/stored_range.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace aerotool;

namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kFarBack = std::numeric_limits<std::int64_t>::min();

StridedView view(std::uint64_t begin, Shape shape, std::vector<std::int64_t> strides) {
  return {begin, std::move(shape), std::move(strides)};
}

std::vector<std::uint64_t> elements_of(const StridedView& view) {
  std::vector<std::uint64_t> elements;
  for (std::uint64_t i = 0; i < element_count(view.shape).value(); ++i)
    elements.push_back(element_at(view, i));
  return elements;
}

}  // namespace

TEST_CASE("stored ranges: encodings have names") {
  for (const StoredEncoding encoding : {StoredEncoding::raw, StoredEncoding::zstd, StoredEncoding::deflate})
    CHECK(stored_encoding_named(name_of(encoding)) == encoding);
  CHECK(!stored_encoding_named("lz4"));
  CHECK(StoredRange{}.random_access());
  CHECK(!StoredRange{.encoding = StoredEncoding::zstd}.random_access());
  CHECK(StoredRange{.offset = 3, .length = 4}.end() == std::uint64_t{7});
  CHECK(!StoredRange{.offset = 3, .length = kMost}.end());
}

TEST_CASE("stored ranges: the same bytes are an alias, some of them an overlap") {
  std::vector<StoredRange> ranges = {
      {.offset = 8, .length = 8}, {.offset = 0, .length = 8}, {.offset = 8, .length = 8}};
  CHECK(first_of_aliases(ranges) == std::vector<std::size_t>{0, 1, 0});
  CHECK(!any_overlap(ranges));
  ranges.push_back({.offset = 12, .length = 0});
  CHECK(!any_overlap(ranges));
  ranges.push_back({.offset = 8, .length = 8, .encoding = StoredEncoding::zstd});
  CHECK(first_of_aliases(ranges).back() == 4);
  CHECK(any_overlap(ranges));
  CHECK(any_overlap(std::vector<StoredRange>{{.offset = 0, .length = 9}, {.offset = 8, .length = 8}}));
  CHECK(any_overlap(std::vector<StoredRange>{{.offset = 1, .length = kMost}, {.offset = 8, .length = 8}}));
}

TEST_CASE("views: row-major ones are plain runs") {
  CHECK(row_major_strides(Shape{2, 3, 4}) == std::vector<std::int64_t>{12, 4, 1});
  CHECK(row_major_strides(Shape{}) == std::vector<std::int64_t>{});
  CHECK(row_major_strides(Shape{2, 0, 4}) == std::vector<std::int64_t>{4, 4, 1});
  CHECK(!row_major_strides(Shape{2, kMost, kMost}));
  CHECK(!row_major_strides(Shape{2, std::uint64_t{1} << 63}));
  CHECK(is_row_major(view(7, {2, 3}, {3, 1})));
  CHECK(is_row_major(view(7, {2, 1, 3}, {3, -99, 1})));
  CHECK(is_row_major(view(7, {0, 3}, {5, 5})));
  CHECK(!is_row_major(view(7, {3, 2}, {1, 3})));
  CHECK(!is_row_major(view(7, {2, 3}, {4, 1})));
  CHECK(!is_row_major(view(7, {2, 3}, {1})));
}

TEST_CASE("views: elements and their reach") {
  const auto reaches = [](const StridedView& view, std::uint64_t begin, std::uint64_t end) {
    const auto reach = reach_of(view);
    return reach && reach->begin == begin && reach->end == end;
  };
  const StridedView transposed = view(2, {3, 2}, {1, 3});
  CHECK(elements_of(transposed) == std::vector<std::uint64_t>{2, 5, 3, 6, 4, 7});
  CHECK(reaches(transposed, 2, 8));
  const StridedView reversed = view(4, {2, 3}, {10, -2});
  CHECK(elements_of(reversed) == std::vector<std::uint64_t>{4, 2, 0, 14, 12, 10});
  CHECK(reaches(reversed, 0, 15));
  CHECK(reaches(view(4, {5}, {0}), 4, 5));
  CHECK(reaches(view(4, {0, 5}, {9, 9}), 4, 4));
  CHECK(reaches(view(4, {}, {}), 4, 5));
  CHECK(!reach_of(view(3, {3}, {-2})));
  CHECK(!reach_of(view(0, {3}, {})));
  CHECK(!reach_of(view(0, {3}, {kFar})));
  CHECK(!reach_of(view(0, {2, 2}, {kFar, kFar})));
  CHECK(!reach_of(view(0, {2}, {kFarBack})));
  CHECK(!reach_of(view(0, {kMost, kMost}, {1, 1})));
  CHECK(!reach_of(view(kMost, {1}, {1})));
}

TEST_CASE("views: one read takes what lies side by side") {
  CHECK(elements_in_a_run(view(0, {4, 6}, {6, 1})) == 24);
  CHECK(elements_in_a_run(view(0, {4, 6}, {8, 1})) == 6);
  CHECK(elements_in_a_run(view(0, {4, 6}, {1, 4})) == 1);
  CHECK(elements_in_a_run(view(0, {4, 1, 6}, {6, 0, 1})) == 24);
  CHECK(elements_in_a_run(view(0, {6}, {-1})) == 1);
}
