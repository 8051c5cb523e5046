// One test a rule of the head, named after the rule.
#include <doctest/doctest.h>

#include "gguf_fixture.hpp"

namespace aerotool {
namespace {

using namespace gguf_test;

constexpr std::uint32_t kU32 = 4;
constexpr std::uint32_t kBool = 7;
constexpr std::uint32_t kString = 8;
constexpr std::uint32_t kArray = 9;
constexpr std::uint32_t kF32Tensor = 0;
constexpr std::uint32_t kQ4K = 12;

/// One pair, whose value `value` has been written behind its key.
std::string with_pair(const GgufBytes& pair) {
  return GgufBytes().header(0, 1).raw(pair.bytes()).pad().bytes();
}

/// Two F32 tensors of eight elements each; `second` stands for the second one's info.
std::string with_info(const GgufBytes& second) {
  return GgufBytes()
      .header(2, 0)
      .info("a", {8}, kF32Tensor, 0)
      .raw(second.bytes())
      .pad()
      .fill('d', 64)
      .bytes();
}

/// Said in use; when judging noted, and the rest of the file is read.
void check_unreadable(const std::string& bytes, const char* message) {
  CHECK(has(error_of(bytes), message));
  const Opened judged(bytes, Report::Mode::judge);
  REQUIRE(judged.report.fault_count() >= 1);
  CHECK(has(judged.report.findings()[0].message, message));
  REQUIRE(judged.model->tensors().size() == 1);
  CHECK(judged.model->tensors()[0].name == "a");
}

/// Ends the reading in both modes.
void check_hopeless(const std::string& bytes, const char* message) {
  CHECK(has(error_of(bytes), message));
  CHECK(has(error_of(bytes, Report::Mode::judge), message));
}

TEST_CASE("gguf: the magic") {
  check_hopeless("GGUX" + std::string(20, '\0'), "begins with 'GGUX', not with 'GGUF'");
}

TEST_CASE("gguf: versions 2 and 3 are read") {
  CHECK(Opened(GgufBytes().header(0, 0, 2).pad().bytes()).model->overview().version == "2");
  CHECK(Opened(GgufBytes().header(0, 0, 3).pad().bytes()).model->overview().version == "3");
}

TEST_CASE("gguf: other versions are refused by name") {
  for (const std::uint32_t version : {0U, 1U, 4U, 0x01020304U}) {
    const std::string bytes = GgufBytes().header(0, 0, version).bytes();
    CHECK_THROWS_AS(Opened{bytes}, UnsupportedError);
    check_hopeless(bytes,
                   ("GGUF version " + std::to_string(version) + "; versions 2 and 3 are read").c_str());
  }
}

TEST_CASE("gguf: big-endian files are refused by name") {
  const std::string bytes = GgufBytes().header(0, 0, 0x03000000).bytes();
  CHECK_THROWS_AS(Opened{bytes}, UnsupportedError);
  check_hopeless(bytes, "big-endian");
}

TEST_CASE("gguf: counts are held against the bytes left") {
  check_hopeless(GgufBytes().header(~std::uint64_t{0}, 0).fill('\0', 100).bytes(),
                 "the number of tensors: a count of");
  // The pair count and four infos of 24 bytes fit into 108 bytes, five do not.
  CHECK(has(error_of(GgufBytes().header(5, 0).fill('\0', 100).bytes()), "room for at most 4"));
  check_hopeless(GgufBytes().header(0, std::uint64_t{1} << 61).fill('\0', 100).bytes(),
                 "the number of metadata pairs: a count of");
  CHECK(has(error_of(GgufBytes().header(0, 8).fill('\0', 100).bytes()), "room for at most 7"));
}

TEST_CASE("gguf: a file of the header alone, without padding, is whole") {
  const Opened opened(GgufBytes().header(0, 0).bytes(), Report::Mode::judge);
  CHECK(opened.report.fault_count() == 0);
  CHECK(opened.report.findings().size() == 2);  // no padding, no architecture
  CHECK(opened.model->overview().shards[0].size == 0);
  CHECK(opened.model->overview().shards[0].offset == 24);
  CHECK(restore(*opened.model) == GgufBytes().header(0, 0).bytes());
}

TEST_CASE("gguf: a length that passes the end of the file") {
  check_hopeless(with_pair(GgufBytes().u64(99999).u32(0)), "the file ends inside a metadata key");
  check_hopeless(with_pair(GgufBytes().key("k", kString).u64(~std::uint64_t{0})),
                 "the file ends inside the value of 'k': 18446744073709551615 bytes are needed here, ");
  check_hopeless(with_pair(GgufBytes().key("k", kArray).u32(10).u64(std::uint64_t{1} << 62)),
                 "the value of 'k': a count");
  check_hopeless(with_pair(GgufBytes().key("k", kArray).u32(kString).u64(2).string("one").u64(9999)),
                 "value of 'k'");
}

TEST_CASE("gguf: unknown value types") {
  check_hopeless(with_pair(GgufBytes().key("k", 13).u64(0)),
                 "the value of 'k' has type 13; GGUF knows 0 to 12");
  check_hopeless(with_pair(GgufBytes().key("k", kArray).u32(99).u64(0)), "the value of 'k' has type 99");
}

TEST_CASE("gguf: strings up to 1 GiB and arrays up to 2^30 elements") {
  // Sparse: the length is there, the bytes are a hole.
  const TemporaryFile file(
      GgufBytes().header(0, 1).key("k", kString).u64((std::uint64_t{1} << 30) + 1).bytes());
  REQUIRE(::truncate(file.path().c_str(), std::int64_t{3} << 30) == 0);
  Report report(Report::Mode::judge);
  CHECK_THROWS_AS(gguf_format().open(io::Input::open(file.path()), report), UnsupportedError);

  const TemporaryFile array(
      GgufBytes().header(0, 1).key("k", kArray).u32(0).u64((std::uint64_t{1} << 30) + 1).bytes());
  REQUIRE(::truncate(array.path().c_str(), std::int64_t{3} << 30) == 0);
  CHECK_THROWS_AS(gguf_format().open(io::Input::open(array.path()), report), UnsupportedError);
}

TEST_CASE("gguf: arrays nest to depth 16") {
  const auto nested = [](unsigned depth) {
    GgufBytes pair;
    pair.key("k", kArray);
    for (unsigned i = 1; i < depth; ++i) pair.u32(kArray).u64(1);
    return with_pair(pair.u32(kU32).u64(2).u32(5).u32(6));
  };
  const Opened opened(nested(16));
  const Metadata metadata = opened.model->metadata();
  const Array* array = &metadata.entries.at(0).second.array();
  for (int i = 1; i < 16; ++i) {
    REQUIRE(array->items.size() == 1);
    array = &array->items[0].array();
  }
  CHECK(array->element == ValueType::u32);
  CHECK(array->packed.size() == 8);
  CHECK(restore(*opened.model) == nested(16));
  check_hopeless(nested(17), "nests arrays deeper than 16 levels");
}

TEST_CASE("gguf: arrays of strings in arrays") {
  const std::string bytes = with_pair(GgufBytes()
                                          .key("k", kArray)
                                          .u32(kArray)
                                          .u64(2)
                                          .u32(kString)
                                          .u64(2)
                                          .string("a")
                                          .string("")
                                          .u32(kBool)
                                          .u64(0));
  const Opened opened(bytes, Report::Mode::judge);
  CHECK(opened.report.fault_count() == 0);
  CHECK(restore(*opened.model) == bytes);
}

TEST_CASE("gguf: nested arrays and keys that would fill the memory") {
  GgufBytes pair;
  pair.key("k", kArray).u32(kArray).u64(1 << 20);
  for (int i = 0; i < 1 << 20; ++i) pair.u32(0).u64(0);
  check_hopeless(with_pair(pair), "take more than 64.0 MiB of memory");
}

TEST_CASE("gguf: a boolean is 0 or 1") {
  const std::string sound = with_pair(GgufBytes().key("k", kBool).number(1, 1));
  CHECK(faults_of(sound).empty());
  const std::string single = with_pair(GgufBytes().key("k", kBool).number(2, 1));
  CHECK(has(faults_of(single), "the value of 'k' holds a boolean that is neither 0 nor 1"));
  const Opened opened(single);
  CHECK(opened.model->metadata().entries.at(0).second == Value::boolean(true));
  CHECK(restore(*opened.model) == single);

  const std::string array =
      with_pair(GgufBytes().key("k", kArray).u32(kBool).u64(3).raw(std::string("\0\1\xff", 3)));
  CHECK(has(faults_of(array), "neither 0 nor 1"));
  CHECK(Opened(array).model->source().head);
}

TEST_CASE("gguf: empty and duplicate keys are faults and readable") {
  const std::string empty = with_pair(GgufBytes().key("", kU32).u32(1));
  CHECK(has(faults_of(empty), "a metadata key is empty"));
  CHECK(Opened(empty).model->metadata().entries.size() == 1);
  const std::string twice =
      GgufBytes().header(0, 2).key("k", kU32).u32(1).key("k", kString).string("x").pad().bytes();
  CHECK(faults_of(twice) == "the metadata key 'k' is duplicated\n");
  CHECK(Opened(twice).model->metadata().entries.size() == 2);
  CHECK(restore(*Opened(twice).model) == twice);
}

TEST_CASE("gguf: keys are bytes") {
  const std::string bytes = with_pair(GgufBytes().key("\xff\xfe", kU32).u32(1));
  CHECK(faults_of(bytes).empty());
  CHECK(Opened(bytes).model->metadata().entries.at(0).first == "\xff\xfe");
}

TEST_CASE("gguf: general.alignment is a u32 and a power of two") {
  CHECK(Opened(with_pair(GgufBytes().key("general.alignment", kU32).u32(1))).model->source().alignment == 1);
  check_hopeless(with_pair(GgufBytes().key("general.alignment", kU32).u32(0)),
                 "is 0, which is not a power of two");
  check_hopeless(with_pair(GgufBytes().key("general.alignment", kU32).u32(48)),
                 "is 48, which is not a power of two");
  check_hopeless(with_pair(GgufBytes().key("general.alignment", 10).u64(64)), "is of type u64, not u32");
}

TEST_CASE("gguf: a tensor has at most 4 dimensions") {
  CHECK(faults_of(with_info(GgufBytes().info("b", {2, 1, 1, 4}, kF32Tensor, 32))).empty());
  const std::string five = with_info(GgufBytes().info("b", {2, 1, 1, 4, 1}, kF32Tensor, 32));
  CHECK(has(faults_of(five), "5 dimensions; GGUF allows at most 4"));
  CHECK(Opened(five).model->tensors().size() == 2);
  check_hopeless(with_info(GgufBytes().string("b").u32(0xffffffff).u64(0).u64(0)).substr(0, 90), "");
}

TEST_CASE("gguf: a tensor without dimensions is a scalar") {
  const Opened opened(with_info(GgufBytes().info("b", {}, kF32Tensor, 32)), Report::Mode::judge);
  CHECK(opened.report.fault_count() == 0);
  CHECK(opened.model->tensors().at(1).shape.empty());
  CHECK(opened.model->tensors().at(1).size == 4);
}

TEST_CASE("gguf: removed and unknown types are faults, and readable up to the next tensor") {
  CHECK(has(faults_of(with_info(GgufBytes().info("b", {8}, 4, 32))), "ggml type 4 (Q4_2) was removed"));
  const std::string bytes = with_info(GgufBytes().info("b", {8}, 43, 32));
  CHECK(has(faults_of(bytes), "ggml type 43 is not known"));
  const Opened opened(bytes);
  REQUIRE(opened.model->tensors().size() == 2);
  CHECK(opened.model->tensors()[1].dtype.name() == "type 43");
  CHECK(opened.model->tensors()[1].size == opened.model->overview().shards.front().size - 32);
  REQUIRE(opened.report.findings().size() == 1);
  CHECK(opened.report.findings()[0].code == Code::other_dtype);
}

TEST_CASE("gguf: a row is a multiple of the block") {
  check_unreadable(with_info(GgufBytes().info("b", {4000}, kQ4K, 32)),
                   "4000 elements a row is not a multiple of Q4_K's 256");
  check_unreadable(with_info(GgufBytes().info("b", {128, 2}, kQ4K, 32)),
                   "128 elements a row is not a multiple of Q4_K's 256");
}

TEST_CASE("gguf: a size that passes 2^64") {
  const std::uint64_t large = std::uint64_t{1} << 63;
  check_unreadable(with_info(GgufBytes().info("b", {large, large}, kF32Tensor, 32)), "2^64");
  check_unreadable(with_info(GgufBytes().info("b", {large}, kF32Tensor, 32)), "2^64");
}

TEST_CASE("gguf: tensor names are unique") {
  check_unreadable(with_info(GgufBytes().info("a", {8}, kF32Tensor, 32)), "two tensors have this name");
}

TEST_CASE("gguf: a tensor name has a bounded length") {
  CHECK(faults_of(with_info(GgufBytes().info(std::string(4096, 'n'), {8}, kF32Tensor, 32))).empty());
  check_unreadable(with_info(GgufBytes().info(std::string(4097, 'n'), {8}, kF32Tensor, 32)),
                   "name has 4097 bytes");
}

TEST_CASE("gguf: a file of unusable infos is given up") {
  GgufBytes bytes;
  bytes.header(5000, 0);
  for (int i = 0; i < 5000; ++i) bytes.info("same", {8}, kF32Tensor, 0);
  CHECK(has(error_of(bytes.pad().fill('d', 32).bytes(), Report::Mode::judge), "more than 1000 tensor infos"));
}

TEST_CASE("gguf: a head larger than the first prefix") {
  GgufBytes bytes;
  bytes.header(40000, 1).key("k", kArray).u32(kString).u64(200000);
  for (int i = 0; i < 200000; ++i) bytes.string("token " + std::to_string(i));
  for (int i = 0; i < 40000; ++i)
    bytes.info("t" + std::to_string(i), {8}, kF32Tensor, static_cast<std::uint64_t>(i) * 32);
  bytes.pad();
  for (int i = 0; i < 40000; ++i) bytes.string(std::string(24, static_cast<char>('a' + i % 26)));
  const Opened opened(bytes.bytes(), Report::Mode::judge);
  CHECK(opened.report.fault_count() == 0);
  CHECK(opened.model->tensors().size() == 40000);
  CHECK(restore(*opened.model) == bytes.bytes());
}

}  // namespace
}  // namespace aerotool
