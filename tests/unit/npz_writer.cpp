// NumPy archives as they are written: where members go, what is refused, and tensors that are made on the
// way.
#include "formats/npz/writer.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "encoding/zip/records.hpp"
#include "formats/npy/writer.hpp"
#include "formats/npz/members.hpp"
#include "hash/crc32.hpp"
#include "plan_fixture.hpp"
#include "zip_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;

namespace {

const npz::NpzWriter kNpz;
const npy::NpyWriter kNpy;

}  // namespace

TEST_CASE("npz: members are sound, aligned and in the order of names") {
  MadeUpModel model;
  model.add("b", DTypeCode::f32, {3, 2}).add("a", DTypeCode::u8, {5}).add("none", DTypeCode::i64, {0, 4});
  const std::string file = written(kNpz, plan_of(model));
  const OpenedZip zip(file);
  CHECK(zip.findings.empty());
  const auto entries = zip.archive->entries();
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].name == "a.npy");
  CHECK(entries[1].name == "b.npy");
  CHECK(entries[2].name == "none.npy");
  for (const zip::Entry& entry : entries) {
    CAPTURE(entry.name);
    CHECK(entry.data % 64 == 0);
    CHECK(entry.crc == hash::crc32(aerotool::bytes_of(file).subspan(entry.data, entry.size)));
  }
  CHECK(file.substr(entries[0].data + 128, 5) == std::string("\1\2\3\4\5", 5));
  CHECK(entries[2].size == 128);
}

TEST_CASE("npz: what takes more than 4 GiB has numbers of 64 bits, and nothing else has") {
  constexpr std::uint64_t kLarge = std::uint64_t{5} << 30;
  MadeUpModel model;
  model.add("a", DTypeCode::u8, {kLarge}).add("b", DTypeCode::u8, {1});
  const Plan plan = plan_of(model);
  const ArchiveLayout archive(plan, npz::members_of(plan, plan.tensors));
  const auto has_field = [](std::string_view text) {
    return text.find(std::string_view("\1\0\x10\0", 4)) != std::string_view::npos;
  };
  CHECK(has_field(archive.head(0, 0)));
  CHECK_FALSE(has_field(archive.head(1, 0)));
  CHECK(archive.layout().offsets[0] % 64 == 0);
  CHECK(archive.layout().offsets[1] % 64 == 0);
  CHECK(archive.head_begin(1) == archive.layout().offsets[0] + kLarge);
  std::string directory;
  archive.put_directory([](std::size_t) { return 0U; },
                        [&](ByteSpan bytes) { directory += chars_of(bytes); });
  CHECK(archive.directory() + directory.size() == archive.size());
  CHECK(directory.find(zip::kEnd64) != std::string::npos);
  CHECK(directory.find(zip::kLocator64) != std::string::npos);
  // The second one lies behind 4 GiB.
  CHECK(directory.find(std::string_view("\1\0\x08\0", 4)) != std::string::npos);
}

TEST_CASE("npz: a model of no tensors is an archive, too") {
  const MadeUpModel model;
  Plan plan;
  plan.models = {&model};
  const OpenedZip zip(written(kNpz, plan));
  CHECK(zip.findings.empty());
  CHECK(zip.archive->entries().empty());
}

TEST_CASE("npz: names that readers would not find are refused") {
  const auto refused = [](std::string name, std::string_view why) {
    CAPTURE(name.size());
    MadeUpModel model;
    model.add("a", DTypeCode::u8, {1}).add(std::move(name), DTypeCode::u8, {1});
    CHECK(refusal(kNpz, plan_of(model)).find(why) != std::string::npos);
  };
  refused("a.npy", "NumPy takes it for 'a'");
  refused("b\xff", "is not UTF-8");
  refused(std::string("b\0c", 3), "has a NUL in it");
  refused(std::string(65'532, 'x'), "takes 65,532 bytes");
  refused(std::string(65'531, 'x'), "no error");
  refused("b.npy", "no error");
  refused("", "no error");
}

TEST_CASE("npz: shapes and sizes that NumPy has not are refused") {
  MadeUpModel deep;
  deep.add("a", DTypeCode::u8, Shape(65, 1));
  CHECK(refusal(kNpz, plan_of(deep)).find("65 dimensions; NumPy has at most 64") != std::string::npos);
  MadeUpModel lying;
  lying.add("a", DTypeCode::u8, {4});
  lying.tensors()[0].size = 5;
  CHECK(refusal(kNpz, plan_of(lying)) != "no error");
}

TEST_CASE("npz: a source's layout and metadata are told") {
  MadeUpModel model;
  model.add("a", DTypeCode::u8, {1});
  model.source().format = "gguf";
  model.source().metadata.emplace();
  model.source().metadata->entries.emplace_back("some.key", Value::string("x"));
  model.source().head = bytes("head");
  const Plan plan = plan_of(model);
  const PlanSummary summary = kNpz.draft(plan)->summary();
  REQUIRE(summary.lost.size() == 1);
  CHECK(summary.lost[0].find("'some.key'") != std::string::npos);
  CHECK_FALSE(summary.dropped.empty());
}

TEST_CASE("npy: the header, and one tensor alone") {
  MadeUpModel model;
  model.add("a", DTypeCode::bf16, {2});
  const std::string file = written(kNpy, plan_of(model));
  CHECK(file.size() == 132);
  CHECK(file.find("{'descr': '<V2', 'fortran_order': False, 'shape': (2,), }") == 10);
  model.add("b", DTypeCode::u8, {1});
  CHECK(refusal(kNpy, plan_of(model)).find("one tensor, and there are 2") != std::string::npos);
}
