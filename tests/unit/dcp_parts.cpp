// Checkpoints without an index: how their files are called, and the table that their parts give.
#include <doctest/doctest.h>

#include <string>

#include "formats/dcp/chunks.hpp"
#include "formats/dcp/parts.hpp"
#include "formats/dcp/rank_files.hpp"
#include "formats/dcp/shards.hpp"

using namespace aerotool;
using namespace aerotool::dcp;

namespace {

const torch::ElementType* bytes_type() {
  return torch::element_type_named("uint8");
}

Part part(Shape begin, Shape size, std::uint64_t offset = 0) {
  const std::uint64_t length = element_count(size).value_or(0);
  return {bytes_type(), {}, std::move(begin), std::move(size), offset, length};
}

/// Why no tensor is made of the only key; empty where one is.
std::string problem_of(PartsBuilder& builder) {
  const Index index = builder.finish().index;
  REQUIRE(index.keys.size() == 1);
  if (!index.keys[0].problem.empty()) return index.keys[0].problem;
  const auto problem = problem_of_chunks(index, index.keys[0]);
  return problem ? problem->message : "";
}

}  // namespace

TEST_CASE("files of processes are known by their names") {
  const auto shard = shard_name("shard-00012-model-00003-of-00004.safetensors");
  REQUIRE(shard);
  CHECK(shard->process == 12);
  CHECK(shard->part == 3);
  CHECK(shard->count == 4);
  for (const char* other :
       {"", "model-00001-of-00002.safetensors", "shard-1-model-00001-of-00001.safetensors",
        "shard-00001-model-00001-of-00001.safetensors.bak", "shard-000011-model-00001-of-00001.safetensors",
        "shard-0000x-model-00001-of-00001.safetensors", "shard-00001-model-00001.safetensors",
        "shard--0001-model-00001-of-00001.safetensors", "shard-00001-model-00001-of-00001.gguf"}) {
    CAPTURE(other);
    CHECK_FALSE(shard_name(other));
  }

  const auto rank = rank_file_name("model_world_size_16_rank_7.pt");
  REQUIRE(rank);
  CHECK(rank->rank == 7);
  CHECK(rank->count == 16);
  CHECK(rank->of == rank_file_name("model_world_size_16_rank_10.pt")->of);
  CHECK(rank->of != rank_file_name("model_world_size_8_rank_7.pt")->of);
  const auto first = rank_file_name("pytorch_model_fsdp_rank3.bin");
  REQUIRE(first);
  CHECK(first->rank == 3);
  CHECK_FALSE(first->count);
  const auto second = rank_file_name("pytorch_model_fsdp_1_rank0.bin");
  REQUIRE(second);
  CHECK(second->of != first->of);
  for (const char* other :
       {"", "model_world_size_2_rank_01.pt", "model_world_size_2_rank_.pt", "model_world_size__rank_0.pt",
        "model_world_size_2_rank_0.bin", "model_world_size_2_rank_0.pt.bak", "pytorch_model_fsdp_0.bin",
        "pytorch_model_fsdp_0_rank.bin", "optim_world_size_2_rank_0.pt", "model_world_size_-2_rank_0.pt",
        "model_world_size_2_rank_99999999999.pt"}) {
    CAPTURE(other);
    CHECK_FALSE(rank_file_name(other));
  }
}

TEST_CASE("a tensor is as large as its parts reach, or as somebody says") {
  PartsBuilder builder;
  builder.begin_file("b", 100);
  builder.add("w", part({0, 0}, {3, 2}, 40));
  builder.begin_file("a", 200);
  builder.add("w", part({3, 0}, {1, 2}, 8));
  builder.add("v", part({}, {}, 16));
  builder.begin_file("empty", 0);
  const Parts parts = builder.finish();
  const Index& index = parts.index;
  CHECK(index.is_plain);
  CHECK(index.files == std::vector<std::string>{"b", "a", "empty"});
  CHECK(parts.sizes == std::vector<std::uint64_t>{100, 200, 0});
  REQUIRE(index.keys.size() == 2);
  CHECK(index.keys[0].name == "w");
  CHECK(index.keys[0].shape == Shape{4, 2});
  CHECK_FALSE(problem_of_chunks(index, index.keys[0]));
  REQUIRE(index.item(index.keys[0], 1));
  CHECK(index.item(index.keys[0], 1)->offset == 8);
  CHECK(index.item(index.keys[0], 1)->file == 1);
  CHECK(index.keys[1].shape.empty());

  PartsBuilder said;
  said.begin_file("a", 100);
  CHECK(said.set_shape("w", {5, 2}));
  CHECK(said.knows("w"));
  said.add("w", part({0, 0}, {3, 2}));
  CHECK_FALSE(said.set_shape("w", {6, 2}));
  CHECK(problem_of(said) == "its chunks have 6 of its 10 elements");
}

TEST_CASE("parts that are no tensor together are its problem") {
  const auto of = [](const auto& add) {
    PartsBuilder builder;
    builder.begin_file("a", 100);
    add(builder);
    return problem_of(builder);
  };
  CHECK(of([](PartsBuilder& builder) {
          builder.add("w", part({0}, {3}));
          builder.add("w", part({2}, {3}));
        }).starts_with("its chunks at [0] and [2] share elements"));
  CHECK(of([](PartsBuilder& builder) {
          builder.add("w", part({0}, {3}));
          builder.add("w", part({0}, {3}));
        }) == "has two items for what begins in one place");
  CHECK(of([](PartsBuilder& builder) {
          builder.add("w", part({0}, {3}));
          builder.add("w", part({3, 0}, {3, 1}));
        }) == "has parts of different ranks");
  CHECK(of([](PartsBuilder& builder) {
          builder.add("w", part({0}, {3}));
          Part other = part({3}, {3});
          other.type = torch::element_type_named("int8");
          builder.add("w", std::move(other));
        }) == "has parts of two dtypes");
  CHECK(of([](PartsBuilder& builder) { builder.add("w", part({UINT64_MAX}, {3})); }) ==
        "has a part that is beyond all numbers");
  CHECK(of([](PartsBuilder& builder) {
          builder.set_problem("w", Code::unsupported, "is odd");
          builder.set_problem("w", Code::unsupported, "is odder");
        }) == "is odd");
}
