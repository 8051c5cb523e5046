// The rules of zTensor files that need no data, each broken by itself.
#include "formats/ztensor/judge.hpp"

#include <doctest/doctest.h>

#include <map>

#include "encoding/json/value.hpp"
#include "encoding/value_builder.hpp"
#include "files.hpp"
#include "formats/ztensor/manifest.hpp"

namespace aerotool::ztensor {
namespace {

/// The rules that a file breaks, as findings name them.
std::vector<std::string> broken_by(const std::string& path) {
  Report report(Report::Mode::judge);
  const auto input = io::Input::open(path);
  const Container container = read_container(*input, report);
  const Bytes manifest = input->view(container.manifest_offset, container.manifest_length);
  IndexJudge judge(container, path, report);
  std::vector<PartFacts> facts;
  Root root;
  if (!container.is_data_shard()) {
    root = read_manifest(manifest.view, container, path,
                         {.shards = [&](std::span<const ShardEntry> shards) { judge.add_shards(shards); },
                          .object = [&](const ObjectEntry& object) { judge.add(object, facts); }});
  }
  judge.finish();
  std::vector<std::string> rules;
  for (const Finding& finding : report.findings()) {
    if (finding.severity == Severity::fault)
      rules.push_back(finding.message.substr(0, finding.message.find(':')));
  }
  return rules;
}

/// An object of version 2 that is sound until a test changes it.
struct Sample {
  ObjectEntry object;
  Version version = Version::v2;
  std::vector<ShardEntry> shards;

  Sample(std::string_view layout, Shape shape, std::vector<PartEntry> parts,
         std::string_view attributes = {}) {
    object.name = "w";
    object.layout = layout;
    object.shape = std::move(shape);
    object.parts = std::move(parts);
    std::uint64_t offset = 4096;
    for (PartEntry& part : object.parts) {
      part.offset = offset;
      offset += 4096;
    }
    if (!attributes.empty()) {
      Value value;
      REQUIRE_FALSE(read_json(attributes, ValueBuilder::kMaxMemory, value));
      object.attributes = std::move(value);
    }
  }

  /// What is said of it; empty where it is sound.
  std::string said() const {
    Report report(Report::Mode::judge);
    IndexJudge judge(
        {.version = version, .manifest_offset = 1 << 20, .manifest_length = 100, .blobs_end = 1 << 21},
        "m.zt", report);
    judge.add_shards(shards);
    std::vector<PartFacts> facts;
    judge.add(object, facts);
    judge.finish();
    return report.findings().empty() ? "" : report.findings()[0].message;
  }
  Sample with(const std::function<void(Sample&)>& change) const {
    Sample changed = *this;
    change(changed);
    return changed;
  }
};

PartEntry part_of(std::string_view role, std::string_view dtype, std::uint64_t length,
                  std::optional<std::string_view> type = {}) {
  PartEntry part;
  part.role = role;
  part.dtype = dtype;
  part.type = type;
  part.length = length;
  return part;
}

void check_says(const Sample& sample, std::string_view text) {
  CAPTURE(text);
  const std::string said = sample.said();
  CAPTURE(said);
  if (text.empty()) {
    CHECK(said.empty());
  } else {
    CHECK(said.find(text) != std::string::npos);
  }
}

const Sample& dense_sample() {
  static const Sample sample("dense", {3, 4}, {part_of("data", "f32", 48)});
  return sample;
}

const Sample& csr_sample() {
  static const Sample sample(
      "zt.sparse_csr/1", {3, 5},
      {part_of("values", "f32", 16), part_of("indices", "u32", 16), part_of("indptr", "u32", 16)});
  return sample;
}

const Sample& coo_sample() {
  static const Sample sample("zt.sparse_coo/1", {3, 5},
                             {part_of("coords", "u64", 64), part_of("values", "f16", 8)});
  return sample;
}

const Sample& mx_sample() {
  static const Sample sample("zt.mx/1", {2, 64},
                             {part_of("data", "u8", 64, "f4_e2m1"), part_of("scales", "u8", 4, "f8_e8m0")},
                             R"({"block_size": 32, "scale_form": "e8m0_exponent"})");
  return sample;
}

const Sample& quant_sample() {
  static const Sample sample(
      "zt.quant_group/1", {64, 8},
      {part_of("data", "u32", 256), part_of("scales", "f16", 32), part_of("zeros", "u32", 8)},
      R"({"axis": 0, "bits": 4, "packing": {"word": "u32", "order": "lsb_first", "per_word": 8}, "group_size": 32,
          "scale_form": "f16_factors", "zero_point": {"form": "tensor", "packing": "same_as_data"}})");
  return sample;
}

/// Sets an attribute, or one of a map among them.
auto set(std::string_view key, Value value, std::string_view in = {}) {
  return [=](Sample& sample) {
    MapItems* items = &sample.object.attributes->map();
    for (auto& [name, map] : *items) {
      if (!in.empty() && name.text() == in) items = &map.map();
    }
    for (auto& [name, old] : *items) {
      if (name.text() == key) old = value;
    }
  };
}

}  // namespace

TEST_CASE("ztensor: files of all releases break no rule") {
  for (const std::string& name : test::names_in(test::data_path("zt"))) {
    CAPTURE(name);
    if (!name.ends_with(".zt")) continue;
    const auto broken = broken_by(test::data_path("zt/" + name));
    // By hand: a scalar is the beginning of another tensor.
    CHECK(broken ==
          (name == "v01-hand.zt" ? std::vector<std::string>{"BlobOverlap"} : std::vector<std::string>{}));
  }
  CHECK(broken_by(test::data_path("zt/v2-sharded/model.zt")).empty());
}

TEST_CASE("ztensor: files that break a rule which needs no data") {
  const std::map<std::string, std::string> expected = {
      {"v12-overlap.zt", "BlobOverlap"},
      {"v12-unaligned-raw.zt", "BlobAlignment"},
      {"v12-duplicate-name.zt", "CborDuplicateKey"},
      {"v12-size-mismatch.zt", "DenseSize"},
      {"v2-overlap.zt", "BlobOverlap"},
      {"v2-unaligned.zt", "BlobAlignment"},
      {"v12-zstd-uncompressed-length-lies.zt", ""},
  };
  for (const auto& row : expected) {
    const std::string& name = row.first;
    const std::string& rule = row.second;
    CAPTURE(name);
    const auto broken = broken_by(test::data_path("zt/bad/" + name));
    CHECK(broken == (rule.empty() ? std::vector<std::string>{} : std::vector<std::string>{rule}));
  }
  for (const char* name : {"v12-good.zt", "v2-good.zt", "v2-zstd-good.zt", "v2-hole.zt"})
    CHECK(broken_by(test::data_path(std::string("zt/bad/") + name)).empty());
}

TEST_CASE("ztensor: types, encodings and digests of a part") {
  const auto with_part = [](const std::function<void(PartEntry&)>& change) {
    return dense_sample().with([&](Sample& sample) { change(sample.object.parts[0]); });
  };
  check_says(dense_sample(), "");
  check_says(with_part([](PartEntry& part) { part.dtype = "float32"; }),
             "Schema: the dtype 'float32' is not known");
  check_says(with_part([](PartEntry& part) { part.dtype = "bool"; }), "Schema: the dtype 'bool'");
  check_says(with_part([](PartEntry& part) { part.type = "bool"; }),
             "Schema: the type 'bool' is stored as U8, not as F32");
  check_says(with_part([](PartEntry& part) { part.type = "acme.t/1"; }), "");
  check_says(with_part([](PartEntry& part) { part.type = "complex64"; }),
             "DenseSize: 'data' has 48 bytes, and the shape asks for 96");
  check_says(with_part([](PartEntry& part) { part.length = 49; }),
             "DenseSize: 'data' has 49 bytes, and the shape asks for 48");
  check_says(with_part([](PartEntry& part) { part.digest = "xxh3:0123456789abcdef"; }), "");
  check_says(with_part([](PartEntry& part) { part.digest = "md5:00"; }), "");
  for (const char* digest :
       {"xxh3:0123456789ABCDEF", "xxh3:0123", "xxh3", "XXH3:0123456789abcdef", ":00", "xxh3:", "md5:zz"})
    check_says(with_part([&](PartEntry& part) { part.digest = digest; }), "Schema: the digest");
  // An encoding that is not known leaves a part that is listed.
  check_says(with_part([](PartEntry& part) {
               part.encoding = "acme.zip/1";
               part.decoded_length = 48;
             }),
             "");
  check_says(with_part([](PartEntry& part) { part.shard = "00001"; }),
             "ShardRef: it lies in the shard '00001'");
  check_says(with_part([](PartEntry& part) { part.big_endian = true; }).with([](Sample& sample) {
    sample.object.parts[0].encoding = kZstd;
    sample.version = Version::v0_1;
    sample.object.parts[0].dtype = "float32";
  }),
             "Schema: a big-endian order");
}

TEST_CASE("ztensor: digests of the older versions") {
  const auto with_digest = [](const char* digest) {
    return dense_sample().with([&](Sample& sample) {
      sample.version = Version::v1_1;
      sample.object.parts[0].digest = digest;
    });
  };
  for (const char* digest : {"crc32c:0x0123ABCD", "crc32c:0X0123abcd", "xxh3:no", "md5:"})
    check_says(with_digest(digest), "");
  check_says(with_digest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), "");
  for (const char* digest : {"crc32c:0123ABCD", "crc32c:0x0123ABC", "sha256:00", "none"})
    check_says(with_digest(digest), "Schema: the digest");
}

TEST_CASE("ztensor: where blobs lie") {
  const auto at = [](std::uint64_t offset, std::uint64_t length) {
    return dense_sample().with([=](Sample& sample) {
      sample.object.shape = {length / 4};
      sample.object.parts[0].offset = offset;
      sample.object.parts[0].length = length;
    });
  };
  check_says(at(0, 48), "BlobAlignment: the offset 0 is no positive multiple of 4096");
  check_says(at(8192, 0), "");
  check_says(at(64, 0), "BlobAlignment");
  check_says(at((1 << 21) - 4096, 4096), "");
  check_says(at((1 << 21) - 4096, 4100), "BlobBounds: 4100 bytes at 2093056 do not end before 2097152");
  check_says(at(UINT64_MAX - 4095, 8192), "BlobBounds");
  check_says(at((1 << 20) - 4096, 4100), "BlobOverlap: blobs of 'w' and the index overlap in part");
  check_says(at((1 << 20), 48), "BlobOverlap");
  BlobPlaces places(64, 10000);
  std::uint64_t owner = 0;
  for (const auto& [offset, length] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {64, 1000}, {64, 1000}, {128, 10}, {512, 0}, {1088, 64}, {1088, 60}, {9984, 16}})
    CHECK_FALSE(places.add(offset, length, owner++));
  const auto overlaps = places.overlaps();
  REQUIRE(overlaps.size() == 2);
  CHECK(overlaps[0].owner == 2);
  CHECK(overlaps[0].other <= 1);
  CHECK(overlaps[1].owner == 4);
  CHECK(overlaps[1].other == 5);
}

TEST_CASE("ztensor: shards") {
  const Sample sharded = dense_sample().with([](Sample& sample) {
    sample.object.parts[0].shard = "00001";
    sample.shards = {{.name = "00001", .size = 8192, .digest = "xxh3:0123456789abcdef"}};
  });
  check_says(sharded, "");
  check_says(sharded.with([](Sample& sample) { sample.shards[0].size = 4096 + 48 + 39; }), "BlobBounds");
  check_says(sharded.with([](Sample& sample) { sample.shards[0].size = 47; }),
             "Schema: the shard '00001' has 47 bytes");
  check_says(sharded.with([](Sample& sample) { sample.shards[0].digest = "xxh3:1"; }),
             "Schema: the shard '00001': the digest");
}

TEST_CASE("ztensor: shapes") {
  const auto of = [](Shape shape) {
    return dense_sample().with([&](Sample& sample) { sample.object.shape = shape; });
  };
  check_says(of({std::uint64_t{1} << 63, 4, 0}), "Shape: the number of elements");
  check_says(of({std::uint64_t{1} << 62}), "Shape: the size of 'data' exceeds 2^64");
  check_says(of({12}), "");
}

TEST_CASE("ztensor: dense and sparse layouts") {
  check_says(csr_sample(), "");
  check_says(coo_sample(), "");
  check_says(dense_sample().with([](Sample& sample) { sample.object.parts[0].role = "values"; }),
             "LayoutRule: the layout needs a part 'data'");
  check_says(csr_sample().with([](Sample& sample) {
    sample.object.shape = {3, 5, 1};
  }),
             "LayoutRule: the layout is for matrices");
  check_says(csr_sample().with([](Sample& sample) { sample.object.parts.pop_back(); }),
             "LayoutRule: the layout needs a part 'indptr'");
  check_says(csr_sample().with([](Sample& sample) { sample.object.parts[1].dtype = "i32"; }),
             "LayoutRule: 'indices' has to be of u32 or u64");
  check_says(csr_sample().with([](Sample& sample) {
    sample.object.parts[2].dtype = "u64";
    sample.object.parts[2].length = 32;
  }),
             "LayoutRule: 'indices' and 'indptr' are of different dtypes");
  check_says(csr_sample().with([](Sample& sample) { sample.object.shape[0] = 4; }),
             "LayoutRule: 'indptr' has 16 bytes, and the shape asks for 20");
  check_says(csr_sample().with([](Sample& sample) {
    sample.object.shape[0] = UINT64_MAX;
    sample.object.shape[1] = 0;
  }),
             "LayoutRule: the size of 'indptr'");
  check_says(csr_sample().with([](Sample& sample) { sample.object.parts[0].length = 12; }),
             "LayoutRule: 'values' has 12 bytes");
  check_says(csr_sample().with([](Sample& sample) { sample.object.parts[1].length = 15; }),
             "LayoutRule: 'indices' has 15 bytes, which is no multiple of 4");
  check_says(coo_sample().with([](Sample& sample) { sample.object.shape = {}; }),
             "LayoutRule: the layout is not for scalars");
  check_says(coo_sample().with([](Sample& sample) { sample.object.parts[0].length = 56; }),
             "LayoutRule: 'coords' has 56 bytes, which is no multiple of 16");
  check_says(coo_sample().with([](Sample& sample) { sample.object.parts[0].type = "acme.t/1"; }),
             "LayoutRule: 'coords'");
  check_says(coo_sample().with([](Sample& sample) {
    sample.object.attributes = Value::map({{Value::string("a"), {}}});
  }),
             "LayoutRule: the layout has no attributes");
  check_says(csr_sample().with([](Sample& sample) {
    sample.object.layout = "acme.csr/1";
    sample.object.shape = {};
  }),
             "");
}

TEST_CASE("ztensor: layouts in blocks") {
  check_says(mx_sample(), "");
  check_says(quant_sample(), "");
  check_says(mx_sample().with(set("block_size", Value::u64(1))), "LayoutRule: the attribute block_size");
  check_says(mx_sample().with(set("block_size", Value::u64(48))), "LayoutRule: the attribute block_size");
  check_says(mx_sample().with(set("block_size", Value::u64(64))),
             "LayoutRule: 'scales' has 4 bytes, and the shape asks for 2");
  check_says(mx_sample().with(set("scale_form", Value::string("f32"))),
             "LayoutRule: the attribute scale_form");
  check_says(mx_sample().with([](Sample& sample) { sample.object.parts[1].type.reset(); }),
             "LayoutRule: 'scales' has to be of f8_e8m0");
  check_says(mx_sample().with([](Sample& sample) { sample.object.attributes.reset(); }),
             "LayoutRule: the attribute scale_form");
  check_says(mx_sample().with([](Sample& sample) { sample.object.shape = {}; }),
             "LayoutRule: the layout is not for scalars");
  check_says(quant_sample().with(set("bits", Value::u64(7))), "LayoutRule: the attribute bits");
  check_says(quant_sample().with(set("bits", Value::u64(3))),
             "LayoutRule: the attribute packing does not fit codes of 3 bits in words of 32");
  check_says(quant_sample().with(set("word", Value::string("u16"), "packing")),
             "LayoutRule: the attribute packing names a word");
  check_says(quant_sample().with(set("per_word", Value::u64(4), "packing")),
             "LayoutRule: the attribute packing does not fit");
  check_says(quant_sample().with(set("order", Value::string("?"), "packing")),
             "LayoutRule: the attribute packing has no order");
  check_says(quant_sample().with(set("axis", Value::u64(2))), "LayoutRule: the attribute axis");
  check_says(quant_sample().with(set("group_size", Value::u64(48))), "LayoutRule: the attribute group_size");
  check_says(quant_sample().with(set("group_size", Value::u64(16))),
             "LayoutRule: 'scales' has 32 bytes, and the shape asks for 64");
  check_says(quant_sample().with(set("group_size", Value::u64(0))), "");
  check_says(quant_sample().with(set("form", Value::string("implied"), "zero_point")),
             "LayoutRule: the layout has no part 'zeros'");
  check_says(quant_sample().with(set("packing", Value::string("plain"), "zero_point")),
             "LayoutRule: 'zeros' has 8 bytes, and the shape asks for 64");
  check_says(quant_sample().with(set("scale_form", Value::string("?"))),
             "LayoutRule: the attribute scale_form is not known");
  const Sample blocks("gguf.q8_0/1", {3, 64}, {part_of("data", "u8", 204)},
                      R"({"elems_per_block": 32, "block_bytes": 34})");
  check_says(blocks, "");
  check_says(blocks.with(set("elems_per_block", Value::u64(0))),
             "LayoutRule: the attributes elems_per_block");
  check_says(blocks.with(set("elems_per_block", Value::u64(5))),
             "LayoutRule: 192 elements are no whole number of blocks of 5");
  check_says(blocks.with(set("block_bytes", Value::u64(33))),
             "LayoutRule: 'data' has 204 bytes, and the shape asks for 198");
  check_says(blocks.with([](Sample& sample) { sample.object.parts[0].dtype = "i8"; }),
             "LayoutRule: 'data' has to be u8");
}

}  // namespace aerotool::ztensor
