// The index of distributed checkpoints: what a pickle says, what does not belong there, and what it takes.
#include <doctest/doctest.h>

#include <string>

#include "core/error.hpp"
#include "dcp_fixture.hpp"
#include "files.hpp"
#include "formats/dcp/metadata.hpp"
#include "formats/dcp/names.hpp"

using namespace aerotool;
using namespace aerotool::dcp;
using namespace aerotool::test;
using namespace aerotool::test::dcp_pickle;

namespace {

Index read(const std::string& pickle) {
  IndexBuilder builder;
  Report report(Report::Mode::judge);
  read_metadata({.bytes = Bytes::own(pickle), .path = ".metadata", .offset = 0}, builder, report);
  CHECK(report.findings().empty());
  return builder.finish();
}

Index read_index(const std::string& name) {
  return read(std::string(data_bytes("dcp/" + name)));
}

std::string refusal_of(const std::string& pickle) {
  try {
    read(pickle);
  } catch (const ContentError& error) {
    return error.message();
  }
  return "";
}

std::string text(const Index& index, const Key& key, std::uint64_t chunk) {
  std::string all;
  for (std::size_t i = 0; i < key.shape.size(); ++i) {
    all +=
        std::to_string(index.offset(key, chunk, i)) + "+" + std::to_string(index.size(key, chunk, i)) + " ";
  }
  const auto item = index.item(key, chunk);
  if (!item) return all + "nowhere";
  return all + index.files[item->file] + "@" + std::to_string(item->offset) + "/" +
         std::to_string(item->length);
}

std::string chunk(std::uint64_t row, std::uint64_t rows, std::uint64_t columns) {
  return chunk_of({row, 0}, {rows, columns});
}
std::string entry(const std::string& key, std::uint64_t row, std::uint64_t offset) {
  return place_of(key, {row, 0}) + item_of("__0_0.distcp", offset, 100);
}
std::string tensor(std::uint64_t rows, std::uint64_t columns, const std::string& chunks) {
  return tensor_of("bfloat16", {rows, columns}, chunks);
}

}  // namespace

TEST_CASE("the index of a distributed checkpoint has the chunks of each key and where they lie") {
  const Index index = read_index("dim1/.metadata");
  REQUIRE(index.keys.size() == 5);
  CHECK(index.chunk_count() == 10);
  CHECK(index.files.size() == 2);
  CHECK(index.has_paths);
  CHECK(index.unused == 0);
  const Key& last = index.keys[3];
  CHECK(last.name == "last");
  CHECK(last.type->name == "int64");
  CHECK(last.shape == Shape{2, 3, 4});
  REQUIRE(last.count == 2);
  CHECK(text(index, last, 0) == "0+2 0+3 0+2 __0_0.distcp@4859/1641");
  CHECK(text(index, last, 1) == "0+2 0+3 2+2 __1_0.distcp@4795/1641");
}

TEST_CASE("values that are no tensors have an item and no chunks, and each key what its way begins with") {
  const Index index = read_index("trainer/.metadata");
  REQUIRE(index.keys.size() == 29);
  const Key& lr = index.keys[16];
  CHECK(lr.name == "optimizer.param_groups.0.lr");
  CHECK_FALSE(lr.is_tensor);
  CHECK(text(index, lr, 0) == "__1_0.distcp@0/1261");
  CHECK(index.wrappers[lr.wrapper] == "optimizer");
  const Key& rng = index.keys[25];
  CHECK(rng.name == "rng");
  CHECK(index.wrappers[rng.wrapper].empty());
  CHECK_FALSE(read_index("no-planner-data/.metadata").has_paths);

  const auto beside = model_beside_optimizer(index);
  REQUIRE(beside);
  CHECK(beside->way == "model");
  CHECK(beside->of_optimizer == 12);
  CHECK_FALSE(model_beside_optimizer(read_index("fsdp1-sharded/.metadata")));
  CHECK_FALSE(model_beside_optimizer(read_index("no-planner-data/.metadata")));
}

TEST_CASE("an index is read from its opcodes, whatever stands first") {
  const std::string keys = "}(" + short_text("w") + tensor(4, 3, chunk(2, 2, 3) + chunk(0, 2, 3)) + "u";
  const std::string items = "}(" + entry("w", 0, 0) + entry("w", 2, 100) + "u";
  const Index index = read(index_of(keys, items));
  REQUIRE(index.keys.size() == 1);
  CHECK(text(index, index.keys[0], 0) == "2+2 0+3 __0_0.distcp@100/100");
  CHECK(text(index, index.keys[0], 1) == "0+2 0+3 __0_0.distcp@0/100");
  SUBCASE("an item without a chunk is counted, a chunk without an item has none") {
    const Index other = read(index_of(keys, "}(" + entry("w", 1, 0) + entry("v", 0, 5) + "u"));
    CHECK(other.unused == 2);
    CHECK(text(other, other.keys[0], 0) == "2+2 0+3 nowhere");
  }
  SUBCASE("what Megatron has cut into tiles is known") {
    const std::string shape = short_text("nd_reformulated_orig_global_shape");
    const auto of = [&](const std::string& key, const std::string& value) {
      const std::string more =
          "N" + short_text("mcore_data") + "}(" + short_text(key) + "}(" + shape + value + "uu";
      return read(index_of(keys, items, more)).keys[0].is_tiled;
    };
    CHECK(of("w", tuple({2, 3})));
    CHECK_FALSE(of("w", "N"));
    CHECK_FALSE(of("v", tuple({2, 3})));
    CHECK_FALSE(index.keys[0].is_tiled);
  }
  SUBCASE("behind a full thousand of items Python writes none") {
    CHECK(read(index_of(keys + "(u", items + "(u")).chunk_count() == 2);
  }
  SUBCASE("a key that is there twice") {
    CHECK(refusal_of(index_of(keys + "(" + short_text("w") + tensor(1, 1, "") + "u", items)) ==
          "the key 'w' is there twice");
  }
  SUBCASE("two items for one place") {
    const Index other =
        read(index_of(keys, "}(" + entry("w", 0, 0) + entry("w", 0, 9) + entry("w", 2, 5) + "u"));
    CHECK(other.keys[0].problem == "has two items for what begins in one place");
  }
}

TEST_CASE("what does not belong into an index is refused by its name, and nothing is called") {
  const std::string attribute = global("builtins", "getattr");
  CHECK(refusal_of("\x80\x04" + global("os", "system") + short_text("true") + "\x85R.") ==
        "the pickle calls os.system, and no checkpoint's index does");
  // As Python 3.11 writes a member of an enumeration, and the same of something else.
  CHECK(refusal_of("\x80\x04" + attribute + of_metadata("_MEM_FORMAT_ENCODING") +
                   short_text("TORCH_CONTIGUOUS_FORMAT") + "\x86R.") ==
        "is a pickle of a value that was read already, not of an index");
  CHECK(refusal_of("\x80\x04" + attribute + global("os", "path") + short_text("join") + "\x86R.") ==
        "the pickle calls builtins.getattr of os.path, and no checkpoint's index does");
  CHECK(refusal_of("\x80\x04" + attribute + of_metadata("Metadata") + short_text("__init__") + "\x86R.") ==
        "the pickle calls builtins.getattr of torch.distributed.checkpoint.metadata.Metadata, and no "
        "checkpoint's index does");
  CHECK(refusal_of("\x80\x04" + of_metadata("Metadata") + ")R.") ==
        "the pickle calls torch.distributed.checkpoint.metadata.Metadata, and no checkpoint's index does");
  CHECK(refusal_of("\x80\x04" + global("collections", "OrderedDict") + ")\x81.") ==
        "the pickle makes an object of collections.OrderedDict, and no checkpoint's index does");
  CHECK(refusal_of("\x80\x04" + global("os", "system") + ".") ==
        "the pickle names 'os.system', which does harm where a pickle is run");
  CHECK(refusal_of("\x80\x04}.") == "is a pickle of a dict, not of an index");
}

TEST_CASE("twenty thousand chunks take some sixty bytes each") {
  constexpr std::uint32_t kCount = 20'000;
  std::string chunks;
  std::string items = "}(";
  for (std::uint32_t i = 0; i < kCount; ++i) {
    chunks += chunk(2 * i, 2, 8);
    items += entry("w", 2 * i, 100 * i);
  }
  items += "u";
  const Index index = read(index_of("}(" + short_text("w") + tensor(2 * kCount, 8, chunks) + "u", items));
  REQUIRE(index.chunk_count() == kCount);
  CHECK(text(index, index.keys[0], 19'999) == "39998+2 0+8 __0_0.distcp@1999900/100");
  // And a block of each kind of number that is begun.
  CHECK(index.memory() <= std::uint64_t{64} * kCount + (std::uint64_t{200} << 10));
}
