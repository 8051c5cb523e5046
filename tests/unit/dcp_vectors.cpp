// Every checkpoint of tests/data/dcp: what is in it, what is wrong with it.
#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "core/text.hpp"
#include "encoding/json/value.hpp"
#include "encoding/value_builder.hpp"
#include "files.hpp"
#include "transfer/format.hpp"
#include "vectors_fixture.hpp"

namespace aerotool {
const Format& dcp_format();
}  // namespace aerotool

using namespace aerotool;
using namespace aerotool::test;

namespace {

std::unique_ptr<Model> open_distributed(const std::string& directory, Report& report,
                                        const std::string& key = "") {
  const auto input = io::Input::open(directory + "/.metadata");
  return key.empty() ? dcp_format().open(input, report) : dcp_format().open_key(input, key, report);
}

/// dim0 with another index, as the vectors have it.
class Broken {
 public:
  explicit Broken(const std::string& name) {
    std::filesystem::copy(
        data_path("dcp/dim0"), directory_.path(),
        std::filesystem::copy_options::overwrite_existing | std::filesystem::copy_options::recursive);
    std::filesystem::copy_file(data_path("dcp/bad/" + name + ".metadata"), directory_.file(".metadata"),
                               std::filesystem::copy_options::overwrite_existing);
  }
  const TemporaryDirectory& directory() const { return directory_; }

  /// The first fault; empty where none is found.
  std::string fault() const {
    Report report(Report::Mode::judge);
    try {
      const auto model = open_distributed(directory_.path(), report);
      model->check({.level = CheckLevel::full}, report);
    } catch (const ContentError& error) {
      return error.message();
    }
    for (const Finding& finding : report.findings()) {
      if (finding.severity == Severity::fault)
        return (finding.where.tensor.empty() ? "" : finding.where.tensor + ": ") + finding.message;
    }
    return "";
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("the checkpoints that torch wrote hold what their list says") {
  Value all;
  REQUIRE_FALSE(read_json(data_bytes("dcp/expected.json"), ValueBuilder::kMaxMemory, all));
  std::size_t count = 0;
  for (const auto& [name, expected] : all.map()) {
    const std::string directory(name.text());
    CAPTURE(directory);
    if (!std::filesystem::exists(data_path("dcp/" + directory + "/.metadata"))) continue;
    ++count;
    Report report(Report::Mode::judge);
    const auto model = open_distributed(data_path("dcp/" + directory), report);
    const auto& tensors = model->tensors();
    CHECK(model->check({.level = CheckLevel::full, .values = true}, report));
    for (const Finding& finding : report.findings()) {
      CAPTURE(finding.message);
      // What is all zero is told of.
      CHECK(finding.severity == Severity::warning);
    }
    REQUIRE(tensors.size() == expected.find("tensors")->map().size());
    const bool is_wrapped = directory == "fsdp1-sharded";
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const Value* known = expected.find("tensors")->find((is_wrapped ? "model." : "") + tensors[i].name);
      CAPTURE(tensors[i].name);
      REQUIRE(known != nullptr);
      CHECK(tensors[i].dtype.name() == known->find("dtype")->text());
      CHECK(sha256_of(*model, i, 7) == known->find("sha256")->text());
      CHECK(sha256_of(*model, i, 4096) == known->find("sha256")->text());
    }
    const Value* objects = expected.find("objects");
    CHECK(model->metadata().entries.size() == (objects == nullptr ? 0 : objects->array().count));
    CHECK_NOTHROW(model->require_copyable([](std::size_t) { return true; }));
    CHECK_NOTHROW(model->require_unchanged());
  }
  CHECK(count == 8);
}

TEST_CASE("values that are no tensors are metadata, and a key takes what lies below it") {
  Report report;
  const auto model = open_distributed(data_path("dcp/trainer"), report);
  const Metadata metadata = model->metadata();
  CHECK(metadata.find("step")->bits == 3);
  const auto weights = open_distributed(data_path("dcp/trainer"), report, "model");
  REQUIRE(weights->tensors().size() == 4);
  CHECK(weights->tensors()[0].name == "model.embed_tokens.weight");
  const auto one = open_distributed(data_path("dcp/trainer"), report, "rng");
  REQUIRE(one->tensors().size() == 1);
  CHECK(one->tensors()[0].name == "rng");
  CHECK_THROWS_AS(open_distributed(data_path("dcp/trainer"), report, "mod"), UsageError);
}

TEST_CASE("listing takes the index alone") {
  const TemporaryDirectory directory;
  std::filesystem::copy_file(data_path("dcp/trainer/.metadata"), directory.file(".metadata"));
  Report report;
  const auto model = open_distributed(directory.path(), report);
  CHECK(model->tensors().size() == 20);
  CHECK(model->overview().files.size() == 3);
  CHECK(model->metadata().entries.empty());
  CHECK_THROWS_AS(model->require_copyable([](std::size_t) { return true; }), CorruptError);
}

TEST_CASE("what is wrong with a checkpoint is named") {
  const std::pair<const char*, const char*> kCases[] = {
      {"chunk-missing", "ten: its chunks have 21 of its 30 elements"},
      {"dtype-lies", "ten: its chunk at [0, 0] cannot be read: is of BF16, and the index says F64"},
      {"huge", "ten: the number of elements exceeds 2^64"},
      {"item-lies", "ten: its chunk at [0, 0] cannot be read: is of F32, and the index says BF16"},
      {"metadata-calls", "the pickle calls os.system, and no checkpoint's index does"},
      {"metadata-cut", "a frame of 4485 bytes does not fit in the bytes left"},
      {"negative", "ten: its chunk at [-1, 0] of the size [3, 3] is not inside of [10, 3]"},
      {"offset-overflows",
       "ten: its chunk at [0, 0] would be at byte 9,223,372,036,854,775,800 of '__0_0.distcp', with 1,577 "
       "bytes, "
       "and the file has 11,103"},
      {"offset-past-file",
       "ten: its chunk at [0, 0] would be at byte 11,093 of '__0_0.distcp', with 1,577 bytes, and the file "
       "has "
       "11,103"},
      {"overlap", "ten: its chunks at [0, 0] and [2, 0] share elements"},
      {"path-absolute", "names the file '/etc/hostname', which is absolute"},
      {"path-up", "names the file '../path-up/__0_0.distcp', which leads out of the directory"},
      {"rank-lies", "ten: has the shape [10, 3], and a chunk of 3 dimensions"},
      {"size-lies", "ten: its chunks have 30 of its 36 elements"},
      {"storage-missing", "ten: its chunk at [3, 0] is in no file: the index has no entry for it"},
      {"unknown-extension",
       "ten: its chunk at [0, 0] cannot be read: is transformed by 'stream.lz9/1', which is not read"},
  };
  for (const auto& broken : kCases) {
    CAPTURE(broken.first);
    CHECK(Broken(broken.first).fault() == broken.second);
  }
}
