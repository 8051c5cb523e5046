// Maps of files: each byte is in one region.
#include "tasks/map/map.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "files.hpp"
#include "registry/registry.hpp"

using namespace aerotool;
using namespace aerotool::tasks;
using namespace aerotool::test;

namespace {

/// "0+8 header, 8+24 tensor a"
std::string text_of(const FileMap& map) {
  std::string text;
  for (const MappedRegion& region : map.regions) {
    if (!text.empty()) text += ", ";
    text += std::to_string(region.offset) + "+" + std::to_string(region.size) + " ";
    text += name_of(region.kind);
    if (!region.name.empty()) text += " " + std::string(region.name);
    if (region.is_rest) text += " (rest)";
    for (const std::string_view name : region.also) text += " also " + std::string(name);
  }
  return text;
}

KnownRegion tensor(std::uint64_t offset, std::uint64_t size, std::string_view name) {
  return {offset, size, name, RegionKind::tensor};
}

KnownFile file_of(std::uint64_t size, std::vector<KnownRegion> regions, std::vector<Shard> shards = {}) {
  return {.path = "m", .size = size, .shards = std::move(shards), .regions = std::move(regions)};
}

void require_whole(const FileMap& map) {
  CAPTURE(map.path);
  std::uint64_t at = 0;
  for (const MappedRegion& region : map.regions) {
    REQUIRE(region.offset == at);
    REQUIRE(region.size != 0);
    at += region.size;
    if (region.shard != kNoShard) REQUIRE(region.shard < map.shards.size());
  }
  REQUIRE(at == map.size);
}

}  // namespace

TEST_CASE("map: what no tensor covers is called by where it lies") {
  const FileMap map = map_of(file_of(200, {tensor(64, 10, "a"), tensor(96, 20, "b"), tensor(160, 32, "c")},
                                     {{"data", "m", 64, 136, 3}}));
  // Tensors are aligned to 32: what is longer than that before the next one is not for alignment.
  CHECK(text_of(map) ==
        "0+64 header, 64+10 tensor a, 74+22 alignment, 96+20 tensor b, 116+44 gap, 160+32 tensor c, "
        "192+8 trailer");
  require_whole(map);
}

TEST_CASE("map: offsets that are aligned from the shard's beginning on") {
  const FileMap map =
      map_of(file_of(61, {tensor(13, 5, "a"), tensor(29, 5, "b")}, {{"data", "m", 13, 48, 2}}));
  CHECK(text_of(map) == "0+13 header, 13+5 tensor a, 18+11 alignment, 29+5 tensor b, 34+27 trailer");
  CHECK(map.regions[0].shard == kNoShard);
  CHECK(map.regions[4].shard == 0);
}

TEST_CASE("map: tensors that no alignment holds apart") {
  const FileMap map = map_of(
      file_of(20, {tensor(8, 3, "a"), tensor(12, 3, "b"), tensor(15, 5, "c")}, {{"data", "m", 8, 12, 3}}));
  CHECK(text_of(map) == "0+8 header, 8+3 tensor a, 11+1 gap, 12+3 tensor b, 15+5 tensor c");
}

TEST_CASE("map: shared bytes count once, and all who have them are told") {
  const FileMap map = map_of(
      file_of(100, {tensor(0, 40, "a"), tensor(0, 40, "tied"), tensor(10, 10, "in"), tensor(30, 70, "b")}));
  CHECK(text_of(map) == "0+40 tensor a also tied also in also b, 40+60 tensor b (rest)");
}

TEST_CASE("map: what passes the end of the file is cut and told") {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  const FileMap map =
      map_of(file_of(50, {tensor(10, 100, "a"), tensor(kMost - 1, kMost, "b"), tensor(20, kMost, "c")}));
  CHECK(text_of(map) == "0+10 header, 10+40 tensor a also c");
  REQUIRE(map.cut.size() == 3);
  CHECK(map.cut[1].name == "b");
}

TEST_CASE("map: members and storages are what tensors leave of them") {
  const FileMap map = map_of(file_of(30, {{0, 4, "m", RegionKind::header},
                                          {4, 20, "m", RegionKind::member},
                                          {2, 8, {}, RegionKind::data},
                                          tensor(8, 4, "a"),
                                          {24, 6, {}, RegionKind::index}}));
  CHECK(text_of(map) == "0+4 header m, 4+4 data, 8+4 tensor a, 12+12 member m, 24+6 index");
}

TEST_CASE("map: a file of nothing, and one that is all header") {
  CHECK(text_of(map_of(file_of(0, {tensor(0, 0, "a")}))).empty());
  CHECK(text_of(map_of(file_of(9, {}))) == "0+9 header");
}

TEST_CASE("map: shards that lie, or are the file") {
  const FileMap map = map_of(file_of(40, {tensor(8, 8, "a")},
                                     {{"file", "m", 0, 40, 1},
                                      {"beyond", "m", 32, 9, 0},
                                      {"over", "m", std::numeric_limits<std::uint64_t>::max(), 9, 0}}));
  CHECK(map.shards.empty());
  require_whole(map);
}

TEST_CASE("map: every byte of every model in tests/data") {
  std::uint64_t models = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(AEROTOOL_TEST_DATA)) {
    const std::string path = entry.path();
    CAPTURE(path);
    Report report(Report::Mode::judge);
    std::unique_ptr<Model> model;
    try {
      model = open_model(path, {}, report);
    } catch (const Error&) {
      continue;  // it is none
    }
    ++models;
    const bool is_packed = model->overview().packed_size.has_value();
    for (const FileMap& map : map_of(*model)) {
      require_whole(map);
      if (map.is_here && !is_packed) CHECK(map.size == std::filesystem::file_size(map.path));
    }
  }
  CHECK(models > 250);
}
