// Lines of a map in which tensors are summed by module.
#include "commands/inspect/module_sums.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <vector>

using namespace aerotool;
using namespace aerotool::commands;

namespace {

/// Tensors of four bytes with four bytes of alignment behind each.
std::vector<tasks::MappedRegion> regions_of(const std::deque<std::string>& names) {
  std::vector<tasks::MappedRegion> regions;
  for (const std::string& name : names) {
    const std::uint64_t at = 8 * (regions.size() / 2);
    regions.push_back({.offset = at, .size = 4, .name = name, .kind = RegionKind::tensor});
    regions.push_back({.offset = at + 4, .size = 4, .kind = RegionKind::alignment});
  }
  return regions;
}

}  // namespace

TEST_CASE("module sums: the module of a name") {
  CHECK(module_of("model.layers.0.self_attn.q_proj.weight", 3) == "model.layers.0");
  CHECK(module_of("model.layers.0.self_attn.q_proj.weight", 2) == "model.layers");
  CHECK(module_of("blk.0.attn_q.weight", 3) == "blk.0");
  CHECK(module_of("model.embed_tokens.weight", 2) == "model.embed_tokens");
  CHECK(module_of("lm_head", 2) == "lm_head");
  CHECK(module_of("", 2).empty());
  CHECK(module_of(".", 1).empty());
}

TEST_CASE("module sums: few tensors are a line each, many one a module, with all bytes in them") {
  std::deque<std::string> names = {"embed.weight"};
  for (const std::string part : {"q", "k", "v"}) names.push_back("blk.0." + part);
  CHECK(lines_of(regions_of(names), false).size() == 8);
  for (int layer = 1; layer < 20; ++layer) {
    for (const std::string part : {"q", "k", "v"})
      names.push_back("blk." + std::to_string(layer) + "." + part);
  }
  const std::vector<tasks::MappedRegion> regions = regions_of(names);
  CHECK(lines_of(regions, true).size() == 2 * names.size());
  const std::vector<MapLine> lines = lines_of(regions, false);
  REQUIRE(lines.size() == 21);
  CHECK(lines[0].module == "embed.weight");
  CHECK(lines[0].around == 4);
  CHECK(lines[20].module == "blk.19");
  CHECK(lines[20].tensors == 3);
  CHECK(lines[20].around == 12);
  std::uint64_t size = 0;
  for (const MapLine& line : lines) size += line.size;
  CHECK(size == 8 * names.size());
}

TEST_CASE("module sums: too many layers are one line, and what the file begins with is by itself") {
  std::vector<tasks::MappedRegion> regions = {{.offset = 0, .size = 8, .kind = RegionKind::header}};
  std::deque<std::string> names;
  for (std::uint64_t layer = 0; layer < 50; ++layer) {
    names.push_back("blk." + std::to_string(layer) + ".weight");
    const std::uint64_t at = 8 + 16 * layer;
    regions.push_back({.offset = at, .size = 6, .name = "m", .kind = RegionKind::header});
    regions.push_back({.offset = at + 6, .size = 8, .name = names.back(), .kind = RegionKind::tensor});
    regions.push_back({.offset = at + 14, .size = 2, .name = "m", .kind = RegionKind::trailer});
  }
  regions.push_back({.offset = 808, .size = 30, .kind = RegionKind::index});
  const std::vector<MapLine> lines = lines_of(regions, false);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].size == 8);
  CHECK(lines[1].offset == 8);
  CHECK(lines[1].size == 800);
  CHECK(lines[1].tensors == 50);
  CHECK(lines[1].around == 400);
  CHECK(lines[2].size == 30);
}

TEST_CASE("module sums: a gap stands by itself") {
  std::vector<tasks::MappedRegion> regions;
  std::deque<std::string> names;
  for (std::uint64_t i = 0; i < 50; ++i) {
    names.push_back("a." + std::to_string(i));
    regions.push_back({.offset = 10 * i, .size = 10, .name = names.back(), .kind = RegionKind::tensor});
    if (i == 20) regions.back().size = 6;
    if (i == 20) regions.push_back({.offset = 206, .size = 4, .kind = RegionKind::gap});
  }
  const std::vector<MapLine> lines = lines_of(regions, false);
  REQUIRE(lines.size() == 3);
  CHECK(lines[1].region->kind == RegionKind::gap);
  CHECK(lines[2].tensors == 29);
}
