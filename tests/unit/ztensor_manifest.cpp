// The index of zTensor files: those that releases wrote, held to what is known of them.
#include "formats/ztensor/manifest.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "encoding/json/value.hpp"
#include "encoding/value_builder.hpp"
#include "files.hpp"
#include "formats/ztensor/container.hpp"
#include "formats/ztensor/types.hpp"
#include "hash/sha256.hpp"
#include "io/zstd_reader.hpp"

namespace aerotool::ztensor {
namespace {

struct Opened {
  std::shared_ptr<io::Input> input;
  Container container;
  Bytes manifest;
  Report report{Report::Mode::judge};
  Root root;
  std::vector<ObjectEntry> objects;
};

Opened opened(const std::string& path) {
  Opened file;
  file.input = io::Input::open(path);
  file.container = read_container(*file.input, file.report);
  file.manifest = file.input->view(file.container.manifest_offset, file.container.manifest_length);
  if (file.container.is_data_shard()) return file;
  file.root = read_manifest(file.manifest.view, file.container, path,
                            {.shards = [](std::span<const ShardEntry>) {},
                             .object = [&](const ObjectEntry& object) { file.objects.push_back(object); }});
  return file;
}

/// Decodes a part; big-endian elements stay as they are.
std::string decoded(const io::Input& input, const PartEntry& part) {
  Bytes stored = input.view(part.offset, part.length);
  if (part.encoding == kRaw) return std::string(stored.text());
  io::ZstdReader reader(
      [&] {
        const ByteSpan all = stored.view;
        stored.view = {};
        return all;
      },
      io::ZstdReader::Frames::many);
  std::string bytes;
  std::vector<std::byte> block(4096);
  while (const std::size_t got = reader.read(block)) bytes += chars_of(ByteSpan(block).first(got));
  return bytes;
}

std::string sha256_of(std::string_view bytes) {
  hash::Sha256 sha256;
  sha256.add(bytes_of(bytes));
  return to_hex(sha256.finish());
}

void check_part(const Opened& file, const PartEntry& part, const Value& expected) {
  const auto dtype = stored_type(part.dtype, file.container.version);
  REQUIRE(dtype);
  std::string name(DType(*dtype).name());
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  CHECK(name == expected.find("dtype")->text());
  const Value* const type = expected.find("type");
  CHECK(part.type.value_or("") == (type != nullptr ? type->text() : ""));
  if (part.shard) return;
  std::string bytes = decoded(*file.input, part);
  CHECK(bytes.size() == expected.find("bytes")->bits);
  if (part.decoded_length) CHECK(bytes.size() == *part.decoded_length);
  const std::size_t width = DType(*dtype).bits() / 8;
  if (part.big_endian) {
    for (std::size_t at = 0; at < bytes.size(); at += width)
      std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                   bytes.begin() + static_cast<std::ptrdiff_t>(at + width));
  }
  CHECK(sha256_of(bytes) == expected.find("sha256")->text());
}

void check_object(const Opened& file, const ObjectEntry& object, const Value& expected) {
  CHECK(object.layout == expected.find("layout")->text());
  std::vector<std::uint64_t> shape;
  for_each_element(expected.find("shape")->array(), [&](const Value& dimension) {
    shape.push_back(dimension.bits);
    return true;
  });
  CHECK(std::ranges::equal(object.shape, shape));
  const Value* const attributes = expected.find("attributes");
  REQUIRE(object.attributes.has_value() == (attributes != nullptr));
  if (attributes != nullptr) CHECK(object.attributes->map().size() == attributes->map().size());
  const MapItems& parts = expected.find("parts")->map();
  REQUIRE(object.parts.size() == parts.size());
  for (const PartEntry& part : object.parts) {
    CAPTURE(part.role);
    const Value* const known = expected.find("parts")->find(part.role);
    REQUIRE(known != nullptr);
    check_part(file, part, *known);
  }
}

/// What a file is refused with: "ManifestHash"; empty where it is read.
std::string refused(const std::string& path) {
  try {
    opened(path);
    return {};
  } catch (const ContentError& error) {
    return error.message().substr(0, error.message().find(':'));
  }
}

std::string refused_bytes(const std::string& bytes) {
  const test::TemporaryFile file(bytes);
  return refused(file.path());
}

Version version_of(std::string_view name) {
  if (name.starts_with("v01")) return Version::v0_1;
  if (name.starts_with("v10")) return Version::v1_0;
  return name.starts_with("v1") ? Version::v1_1 : Version::v2;
}

}  // namespace

TEST_CASE("ztensor: every file of every release holds what is known of it") {
  const std::string text = test::data_bytes("zt/expected.json");
  Value all;
  REQUIRE_FALSE(read_json(text, ValueBuilder::kMaxMemory, all));
  std::size_t files = 0;
  for (const auto& [key, expected] : all.map()) {
    const std::string name(key.text());
    CAPTURE(name);
    if (name.ends_with(".gz")) continue;
    ++files;
    const Opened file = opened(test::data_path("zt/" + name));
    CHECK(file.report.findings().empty());
    CHECK(file.container.version == version_of(name));
    CHECK(file.container.is_data_shard() == (name == "v2-sharded/model-00001-of-00002.zt"));
    const Value& tensors = *expected.find("tensors");
    CHECK(file.objects.size() == tensors.map().size());
    for (const ObjectEntry& object : file.objects) {
      CAPTURE(object.name);
      const Value* const known = tensors.find(object.name);
      REQUIRE(known != nullptr);
      check_object(file, object, *known);
    }
    const Value* const attributes = expected.find("attributes");
    if (attributes != nullptr) {
      REQUIRE(file.root.attributes);
      CHECK(file.root.attributes->map().size() == attributes->map().size());
      for (const auto& [attribute, value] : attributes->map()) {
        if (value.type == ValueType::string) CHECK(*file.root.attributes->find(attribute.text()) == value);
      }
    }
  }
  CHECK(files == 34);
}

TEST_CASE("ztensor: what an index says of shards, digests and its version") {
  const Opened sharded = opened(test::data_path("zt/v2-sharded/model.zt"));
  REQUIRE(sharded.root.shards.size() == 2);
  CHECK(sharded.root.shards[0].name == "00001-of-00002");
  CHECK(sharded.root.shards[0].size == 8256);
  CHECK(sharded.root.shards[1].size == 8330);
  CHECK(sharded.root.shards[1].digest.find(':') != std::string_view::npos);
  std::set<std::string_view> used;
  for (const ObjectEntry& object : sharded.objects) used.insert(object.parts.at(0).shard.value_or("(local)"));
  CHECK(used == std::set<std::string_view>{"(local)", "00001-of-00002", "00002-of-00002"});
  const Opened digests = opened(test::data_path("zt/v12-digest.zt"));
  CHECK(digests.root.version == "1.2.0");
  CHECK(std::ranges::any_of(digests.objects, [](const ObjectEntry& object) {
    return object.parts.at(0).digest && object.parts.at(0).digest->starts_with("crc32c:0x");
  }));
  CHECK(opened(test::data_path("zt/v10-none.zt")).root.generator == "zTensor-Rust v0.1.0");
}

TEST_CASE("ztensor: an index that breaks a rule is refused by the rule's name") {
  const std::map<std::string, std::string> expected = {
      {"v12-footer-magic.zt", "FooterMagic"}, {"v12-manifest-size-past-start.zt", "ManifestBounds"},
      {"v2-unsorted.zt", "CborDeterminism"},  {"v2-bytewise-not-length-first.zt", "CborDeterminism"},
      {"v2-indefinite.zt", "CborSyntax"},     {"v2-manifest-hash.zt", "ManifestHash"},
  };
  for (const std::string& name : test::names_in(test::data_path("zt/bad"))) {
    CAPTURE(name);
    const auto known = expected.find(name);
    CHECK(refused(test::data_path("zt/bad/" + name)) == (known == expected.end() ? "" : known->second));
  }
  const Opened reserved = opened(test::data_path("zt/bad/v2-reserved.zt"));
  REQUIRE(reserved.report.findings().size() == 1);
  CHECK(reserved.report.findings()[0].severity == Severity::warning);
}

TEST_CASE("ztensor: the ends of a file") {
  CHECK(refused_bytes("\x01\x02\x03\x04") == "FileTooSmall");
  CHECK(refused_bytes("ZTEN0001") == "FileTooSmall");
  CHECK(refused_bytes("ZTEN1000ZTEN100") == "FileTooSmall");
  CHECK(refused_bytes(std::string("\x89ZT2\r\n\x1a\n") + std::string(39, '\0')) == "FileTooSmall");
  CHECK(refused_bytes("\x01\x02\x03\x04\x05\x06\x07\x08" + std::string(48, '\0')) == "HeaderMagic");
  CHECK(refused_bytes("ZTEN0001" + std::string(8, '\0')).empty());
  CHECK(refused_bytes("ZTEN0001\x80\x01" + std::string(7, '\0')).empty());
  CHECK(refused_bytes("ZTEN0001\x80\x02" + std::string(7, '\0')) == "ManifestBounds");
  CHECK(refused_bytes("ZTEN0001\xa0\x01" + std::string(7, '\0')) == "Schema");
  CHECK(refused_bytes("ZTEN0001" + std::string("\x80\x80\x02") + std::string(7, '\0')) == "CborSyntax");
  // Every cut of a file is told.
  for (const char* name :
       {"zt/v01-dense.zt", "zt/v10-dense.zt", "zt/v12-digest.zt", "zt/bad/v2-zstd-good.zt"}) {
    const std::string whole = test::data_bytes(name);
    for (std::size_t size = 8; size < whole.size(); size += 61) {
      CAPTURE(size);
      CHECK_FALSE(refused_bytes(whole.substr(0, size)).empty());
    }
  }
}

TEST_CASE("ztensor: no flipped bit of an index does harm") {
  for (const char* name : {"zt/v01-hand.zt", "zt/v10-hand.zt", "zt/v11-hand.zt", "zt/v12-quant.zt"}) {
    const std::string whole = test::data_bytes(name);
    const Opened file = opened(test::data_path(name));
    for (std::uint64_t at = file.container.manifest_offset; at < whole.size(); ++at) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
      refused_bytes(flipped);
    }
  }
}

}  // namespace aerotool::ztensor
