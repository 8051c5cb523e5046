#include "tasks/tree/tree.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "tasks/tree/groups.hpp"
#include "tasks/tree/modules.hpp"

using namespace aerotool::tasks;

namespace {

/// Names and sizes, all BF16, with as many parameters as half of their bytes.
struct Named {
  std::string name;
  std::uint64_t size = 0;
  std::string_view dtype = "BF16";
};

/// `all` outlives them.
std::vector<TreeItem> items_of(const std::vector<Named>& all) {
  std::vector<TreeItem> items;
  std::uint64_t offset = 0;
  for (const Named& one : all) {
    items.push_back({one.name, one.dtype, one.size, one.size / 2, {0, offset}});
    offset += one.size;
  }
  return items;
}

void append_rows(const std::vector<TreeRow>& rows, std::size_t level, std::vector<std::string>& lines) {
  for (const TreeRow& row : rows) {
    lines.push_back(std::string(level, ' ') + row.name + " " + std::to_string(row.count) + " " +
                    std::to_string(row.totals.size));
    append_rows(row.children, level + 1, lines);
  }
}

/// A line for each row: its name, how many it is, the size of all.
std::vector<std::string> lines_of(const std::vector<Named>& all, std::size_t levels = kAllLevels,
                                  const Order& order = {}) {
  std::vector<std::string> lines;
  append_rows(tree_of(items_of(all), levels, order).rows, 0, lines);
  return lines;
}

using Lines = std::vector<std::string>;

std::vector<Named> llama(std::size_t layers) {
  std::vector<Named> all = {
      {"lm_head.weight", 50}, {"model.embed_tokens.weight", 50}, {"model.norm.weight", 2}};
  for (std::size_t i = 0; i < layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    for (const char* name : {"gate", "up", "down"})
      all.push_back({layer + "mlp." + name + "_proj.weight", 30});
    all.push_back({layer + "self_attn.q_proj.weight", 10});
    all.push_back({layer + "self_attn.o_proj.weight", 10});
    all.push_back({layer + "self_attn.k_proj.weight", 5});
    all.push_back({layer + "self_attn.v_proj.weight", 5});
  }
  return all;
}

}  // namespace

TEST_CASE("tree: layers and projections fold, and rows of one are joined") {
  CHECK(lines_of(llama(12)) ==
        Lines{"lm_head.weight 1 50", "model.embed_tokens.weight 1 50", "model.layers.{0..11} 12 1440",
              " mlp.{down,gate,up}_proj.weight 36 1080", " self_attn 12 360", "  {k,v}_proj.weight 24 120",
              "  {o,q}_proj.weight 24 240", "model.norm.weight 1 2"});
  CHECK(lines_of(llama(12), 1) == Lines{"lm_head.weight 1 50", "model.embed_tokens.weight 1 50",
                                        "model.layers.{0..11} 12 1440", "model.norm.weight 1 2"});
}

TEST_CASE("tree: layers that differ in a size, a dtype or a member are rows of their own") {
  std::vector<Named> all = llama(6);
  all.push_back({"model.layers.2.extra.weight", 1});
  for (Named& one : all) {
    if (one.name == "model.layers.4.mlp.up_proj.weight") one.dtype = "F16";
  }
  CHECK(lines_of(all, 2) == Lines{"lm_head.weight 1 50", "model.embed_tokens.weight 1 50",
                                  "model.layers 1 721", " {0,1,3,5} 4 480", " 2 1 121", " 4 1 120",
                                  "model.norm.weight 1 2"});
}

TEST_CASE("tree: what the braces stand for is told apart, also of rows that are joined") {
  const std::vector<Named> all = {{"h.0.e.0.w", 1}, {"h.0.e.1.w", 1}, {"h.1.e.0.w", 1}, {"h.1.e.1.w", 1}};
  const Tree tree = tree_of(items_of(all), kAllLevels, {});
  REQUIRE(tree.rows.size() == 1);
  CHECK(tree.rows[0].name == "h.{0,1}.e.{0,1}.w");
  CHECK(tree.rows[0].count == 4);
  CHECK(tree.rows[0].totals.tensors == 4);
  CHECK(tree.rows[0].totals.parameters == 0);
  CHECK(tree.rows[0].folded == std::vector<Lines>{{"0", "1"}, {"0", "1"}});
}

TEST_CASE("tree: runs of numbers") {
  CHECK(lines_of({{"x.0", 1}, {"x.1", 1}, {"x.2", 1}, {"x.7", 1}, {"x.9", 1}, {"x.10", 1}}) ==
        Lines{"x.{0..2,7,9,10} 6 6"});
  CHECK(lines_of({{"l08", 1}, {"l09", 1}, {"l10", 1}}) == Lines{"l{08..10} 3 3"});
  CHECK(lines_of({{"l8", 1}, {"l09", 1}, {"l010", 1}}) == Lines{"l{8,09,010} 3 3"});
  CHECK(lines_of({{"t99999999999999999998", 1}, {"t99999999999999999999", 1}}).size() == 2);
}

TEST_CASE("tree: words fold at their joints, or where they are all that a module holds") {
  CHECK(lines_of({{"b.attn_k.w", 1}, {"b.attn_q.w", 1}, {"b.ffn.w", 2}}) ==
        Lines{"b 1 4", " attn_{k,q}.w 2 2", " ffn.w 1 2"});
  CHECK(lines_of({{"b.attn_q_norm", 1}, {"b.attn_k_norm", 1}, {"b.z", 2}}) ==
        Lines{"b 1 4", " attn_{k,q}_norm 2 2", " z 1 2"});
  CHECK(lines_of({{"b.bias", 1}, {"b.weight", 1}}) == Lines{"b.{bias,weight} 2 2"});
  CHECK(lines_of({{"mask", 1}, {"ids", 1}}) == Lines{"ids 1 1", "mask 1 1"});
  CHECK(lines_of({{"a_proj", 1}, {"a_b_proj", 1}}) == Lines{"{a_b,a}_proj 2 2"});
}

TEST_CASE("tree: a module of weight and bias is opened with all levels alone") {
  const std::vector<Named> all = {{"fc.bias", 1}, {"fc.weight", 4}};
  CHECK(lines_of(all, 3) == Lines{"fc 1 5"});
  CHECK(lines_of(all) == Lines{"fc 1 5", " bias 1 1", " weight 1 4"});
}

TEST_CASE("tree: hostile names") {
  CHECK(lines_of({}).empty());
  CHECK(lines_of({{"", 1}, {".", 2}, {"..", 3}}) == Lines{" 1 1", " 1 5", "  1 2", " . 1 3"});
  CHECK(lines_of({{"a", 1}, {"a.b", 2}, {"a.b", 2}, {"a..b", 3}}) ==
        Lines{"a 1 1", "a 1 7", " .b 1 3", " b 1 2", " b 1 2"});
  std::string deep = "d";
  for (int i = 0; i < 10'000; ++i) deep += ".d";
  std::vector<Named> all = {{deep, 1}, {deep + ".e", 2}};
  for (std::size_t length = 1; length < 400; length += 2) all.push_back({deep.substr(0, length), 1});
  CHECK(tree_of(items_of(all), kAllLevels, {}).totals.tensors == 202);
  const auto most = std::numeric_limits<std::uint64_t>::max();
  CHECK(tree_of(items_of({{"x", most}, {"y", most}}), 1, {}).totals.size == most);
}

TEST_CASE("tree: every order, of siblings") {
  const std::vector<Named> all = {
      {"m.10", 5, "F16"}, {"m.9.x", 1, "F32"}, {"m.9.y", 9, "BOOL"}, {"a", 2, "I8"}};
  const auto first = [&](std::string_view word) { return lines_of(all, 2, order_named(word)).front(); };
  CHECK(first("natural") == "a 1 2");
  CHECK(first("-natural") == "m 1 15");
  CHECK(first("size") == "m 1 15");
  CHECK(first("-size") == "a 1 2");
  CHECK(first("offset") == "m 1 15");
  CHECK(first("-offset") == "a 1 2");
  CHECK(first("dtype") == "m 1 15");
  CHECK(first("-dtype") == "a 1 2");
  CHECK(first("name") == "a 1 2");
  CHECK(lines_of(all, 2)[2] == " 9 1 10");
  CHECK(lines_of(all, 2, order_named("name"))[2] == " 10 1 5");
}

TEST_CASE("groups: the layer of a tensor") {
  CHECK(layer_of("model.layers.3.mlp.up_proj.weight") == "model.layers.3");
  CHECK(layer_of("blk.0.attn_q.weight") == "blk.0");
  CHECK(layer_of("encoder/layer_7/kernel") == "encoder/layer_7");
  CHECK(layer_of("layer1.0.conv1.weight") == "layer1");
  CHECK(layer_of("model.embed_tokens.weight") == "model.embed_tokens");
  CHECK(layer_of("conv1.weight") == "conv1");
  CHECK(layer_of("mask") == "mask");
  CHECK(layer_of("a.b.") == "a.b");
  CHECK(layer_of("").empty());
}

TEST_CASE("groups: sums, in the order that is asked for") {
  const std::vector<Named> all = {{"l.10.a", 4}, {"l.9.a", 1}, {"l.10.b", 6}, {"z", 20}};
  const std::vector<TreeItem> items = items_of(all);
  const auto by_layer = [](const TreeItem& item) { return layer_of(item.name); };
  const auto names = [&](const std::optional<Order>& order) {
    Lines lines;
    for (const Group& group : groups_of(items, by_layer, order))
      lines.push_back(group.name + " " + std::to_string(group.totals.size));
    return lines;
  };
  CHECK(names({}) == Lines{"l.10 10", "l.9 1", "z 20"});
  CHECK(names(Order{}) == Lines{"l.9 1", "l.10 10", "z 20"});
  CHECK(names(order_named("size")) == Lines{"z 20", "l.10 10", "l.9 1"});
}
