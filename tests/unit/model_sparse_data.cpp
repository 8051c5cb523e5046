// The rules of sparse matrices that only their data shows.
#include "model/sparse_data.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

namespace aerotool {
namespace {

template <typename Number>
IndexPart part_of(const std::vector<Number>& numbers, DTypeCode dtype) {
  const auto read = [&numbers](std::uint64_t offset, std::span<std::byte> out) {
    REQUIRE(offset + out.size() <= numbers.size() * sizeof(Number));
    std::memcpy(out.data(), std::as_bytes(std::span(numbers)).data() + offset, out.size());
  };
  return {[read]() -> io::ReadAt { return read; }, numbers.size(), dtype};
}

std::string csr(const std::vector<std::uint32_t>& indptr, const std::vector<std::uint64_t>& indices,
                std::uint64_t columns) {
  return csr_data_problem(part_of(indptr, DTypeCode::u32), part_of(indices, DTypeCode::u64), columns);
}

std::string coo(const std::vector<std::uint64_t>& coords, const std::vector<std::uint64_t>& shape,
                std::uint64_t most_cells = 1000) {
  return coo_data_problem(part_of(coords, DTypeCode::u64), shape, most_cells);
}

TEST_CASE("sparse data: rows that ascend are sound") {
  CHECK(csr({0, 2, 2, 3}, {0, 4, 1}, 5).empty());
  CHECK(csr({0}, {}, 5).empty());
  CHECK(csr({0, 0}, {}, 0).empty());
}

TEST_CASE("sparse data: what is wrong with a CSR is told with its place") {
  CHECK(csr({1, 2, 2, 3}, {0, 4, 1}, 5) == "indptr[0] is not 0");
  CHECK(csr({0, 2, 1, 3}, {0, 4, 1}, 5) == "indptr[2] is less than the one before");
  CHECK(csr({0, 2, 4}, {0, 4, 1}, 5) == "indptr[2] is more than the 3 values that there are");
  CHECK(csr({0, 2}, {0, 4, 1}, 5) == "indptr ends with 2, and there are 3 values");
  CHECK(csr({0, 2, 3}, {0, 5, 1}, 5) == "indices[1] is no column: there are 5");
  CHECK(csr({0, 2, 3}, {4, 0, 1}, 5) == "indices[1] does not ascend in its row, 0");
  CHECK(csr({0, 1, 3}, {4, 1, 1}, 5) == "indices[2] does not ascend in its row, 1");
}

TEST_CASE("sparse data: a negative index is none") {
  const std::vector<std::int16_t> indices = {0, -1};
  const std::vector<std::uint32_t> indptr = {0, 2};
  CHECK(csr_data_problem(part_of(indptr, DTypeCode::u32), part_of(indices, DTypeCode::i16), 40'000) ==
        "indices[1] is no column: there are 40,000");
}

TEST_CASE("sparse data: more numbers than are read at once") {
  std::vector<std::uint32_t> indptr = {0};
  std::vector<std::uint64_t> indices;
  for (std::uint32_t row = 0; row < 50'000; ++row) {
    indices.push_back(row % 7);
    indices.push_back(100 + row);
    indptr.push_back(static_cast<std::uint32_t>(indices.size()));
  }
  CHECK(csr(indptr, indices, 50'100).empty());
  CHECK(csr(indptr, indices, 50'099) == "indices[99999] is no column: there are 50,099");
}

TEST_CASE("sparse data: cells in any order are sound once") {
  // [0, 1], [2, 0], [1, 1]: all rows, then all columns.
  CHECK(coo({0, 2, 1, 1, 0, 1}, {3, 2}).empty());
  CHECK(coo({}, {3, 2}).empty());
  CHECK(coo({0, 2, 1, 1, 2, 1}, {3, 2}) == "the place of value 1 in dimension 1 is outside of the shape");
  CHECK(coo({0, 3, 1, 1, 0, 1}, {3, 2}) == "the place of value 1 in dimension 0 is outside of the shape");
  CHECK(coo({2, 1, 2, 0, 1, 0}, {3, 2}) == "a cell is there twice");
  CHECK(coo({1, 1}, {3}) == "a cell is there twice");
}

TEST_CASE("sparse data: cells are compared in as many passes as memory asks for") {
  std::vector<std::uint64_t> cells;
  for (std::uint64_t i = 0; i < 1000; ++i) cells.push_back((i * 7919) % 100'003);
  for (const std::uint64_t most : {1U, 10U, 100U, 10'000U}) {
    CAPTURE(most);
    CHECK(coo(cells, {100'003}, most).empty());
    std::vector<std::uint64_t> twice = cells;
    twice[990] = twice[3];
    CHECK(coo(twice, {100'003}, most) == "a cell is there twice");
  }
}

}  // namespace
}  // namespace aerotool
