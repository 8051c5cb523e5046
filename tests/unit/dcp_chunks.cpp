// Which chunks are a tensor, and what is said of those that are not.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "formats/dcp/chunks.hpp"
#include "formats/dcp/index_builder.hpp"

using namespace aerotool;
using namespace aerotool::dcp;

namespace {

using Numbers = std::vector<std::uint64_t>;
struct Chunk {
  Numbers begin;
  Numbers size;
};

std::string problem_of(const Numbers& shape, const std::vector<Chunk>& chunks) {
  IndexBuilder builder;
  std::vector<IndexBuilder::Chunk> added;
  for (const Chunk& chunk : chunks) added.push_back(builder.add_chunk(chunk.begin, chunk.size));
  const std::uint32_t tensor = builder.add_tensor(torch::element_type_named("float32"), "", shape, added);
  builder.add_key("w", tensor);
  std::vector<Numbers> told;
  for (const Chunk& chunk : chunks) {
    if (std::ranges::find(told, chunk.begin) != told.end()) continue;
    told.push_back(chunk.begin);
    builder.set_item(builder.add_place("w", chunk.begin), builder.add_item("f", 0, 1, ""));
  }
  const Index index = builder.finish();
  const auto problem = problem_of_chunks(index, index.keys[0]);
  return problem ? problem->message : "";
}

}  // namespace

TEST_CASE("chunks that are a tensor: grids, rows of several widths, empty ones, in any order") {
  CHECK(problem_of({}, {{{}, {}}}).empty());
  CHECK(problem_of({4}, {{{2}, {2}}, {{0}, {2}}}).empty());
  CHECK(problem_of({1, 6}, {{{0, 0}, {1, 6}}, {{1, 0}, {0, 6}}, {{1, 0}, {0, 6}}}).empty());
  CHECK(problem_of({0, 4}, {{{0, 0}, {0, 4}}}).empty());
  CHECK(problem_of({0, 4}, {}).empty());
  CHECK(problem_of({4, 4}, {{{0, 0}, {2, 1}}, {{0, 1}, {2, 3}}, {{2, 0}, {2, 3}}, {{2, 3}, {2, 1}}}).empty());
  // No plane parts these five without cutting one.
  CHECK(problem_of({3, 3},
                   {{{0, 0}, {1, 2}}, {{0, 2}, {2, 1}}, {{2, 1}, {1, 2}}, {{1, 0}, {2, 1}}, {{1, 1}, {1, 1}}})
            .empty());
}

TEST_CASE("chunks that are not a tensor, each with what is wrong") {
  CHECK(problem_of({4}, {{{0}, {3}}, {{2}, {1}}}) == "its chunks at [0] and [2] share elements");
  CHECK(problem_of({4}, {{{0}, {2}}}) == "its chunks have 2 of its 4 elements");
  CHECK(problem_of({4}, {}) == "its chunks have 0 of its 4 elements");
  CHECK(problem_of({4}, {{{0}, {2}}, {{2}, {3}}}) == "its chunk at [2] of the size [3] is not inside of [4]");
  CHECK(problem_of({4}, {{{UINT64_MAX}, {2}}}) == "its chunk at [-1] of the size [2] is not inside of [4]");
  CHECK(problem_of({4}, {{{0}, {UINT64_MAX}}}) == "its chunk at [0] of the size [-1] is not inside of [4]");
  CHECK(problem_of({4, 1}, {{{0}, {4}}}) == "has the shape [4, 1], and a chunk of 1 dimension");
  // Twice the same, where the number of elements is right.
  CHECK(problem_of({4, 4}, {{{0, 0}, {2, 4}}, {{0, 0}, {2, 4}}}) ==
        "its chunks at [0, 0] and [0, 0] share elements");
}

TEST_CASE("overlaps of many chunks are found in time that is not quadratic") {
  constexpr std::uint64_t kCount = 40'000;
  const auto problem_with = [&](std::uint64_t moved) {
    IndexBuilder builder;
    std::vector<IndexBuilder::Chunk> chunks;
    for (std::uint64_t i = 0; i < kCount; ++i) {
      // A grid of 80 by 500, of which one is moved to where another one is.
      const Numbers begin{i / 500 * 2, i == moved ? 0 : i % 500 * 3};
      chunks.push_back(builder.add_chunk(begin, Numbers{2, 3}));
      builder.set_item(builder.add_place("w", begin), builder.add_item("f", 0, 1, ""));
    }
    builder.add_key("w",
                    builder.add_tensor(torch::element_type_named("uint8"), "", Numbers{160, 1500}, chunks));
    const Index index = builder.finish();
    Key key = index.keys[0];
    key.problem.clear();
    const auto problem = problem_of_chunks(index, key);
    return problem ? problem->message : "";
  };
  CHECK(problem_with(kCount).empty());
  CHECK(problem_with(777) == "its chunks at [2, 0] and [2, 0] share elements");
}
