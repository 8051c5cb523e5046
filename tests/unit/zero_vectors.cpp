// Every checkpoint of tests/data/zero: what is in it, what is wrong with it.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "encoding/json/value.hpp"
#include "encoding/value_builder.hpp"
#include "files.hpp"
#include "transfer/format.hpp"
#include "vectors_fixture.hpp"

namespace aerotool {
const Format& zero_format();
}  // namespace aerotool

using namespace aerotool;
using namespace aerotool::test;

namespace {

/// The first fault; empty where none is found.
std::string fault_of(const std::string& path) {
  Report report(Report::Mode::judge);
  try {
    const auto model = zero_format().open(io::Input::open(data_path("zero/bad/" + path)), report);
    model->check({.level = CheckLevel::full}, report);
  } catch (const ContentError& error) {
    return error.message();
  }
  for (const Finding& finding : report.findings()) {
    if (finding.severity == Severity::fault) return finding.message;
  }
  return "";
}

}  // namespace

TEST_CASE("the checkpoints that DeepSpeed wrote give what zero_to_fp32 gives") {
  Value all;
  REQUIRE_FALSE(read_json(data_bytes("zero/expected.json"), ValueBuilder::kMaxMemory, all));
  REQUIRE(all.map().size() == 2);
  for (const auto& [name, expected] : all.map()) {
    const std::string directory(name.text());
    const std::string inside = "/global_step2/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt";
    for (const std::string& named : {std::string("/latest"), inside}) {
      CAPTURE(directory);
      CAPTURE(named);
      Report report(Report::Mode::judge);
      const auto model = zero_format().open(io::Input::open(data_path("zero/" + directory + named)), report);
      CHECK(model->check({.level = CheckLevel::full, .values = true}, report));
      for (const Finding& finding : report.findings()) CHECK(finding.message == "");
      const auto& tensors = model->tensors();
      REQUIRE(tensors.size() == expected.find("tensors")->map().size());
      for (std::size_t i = 0; i < tensors.size(); ++i) {
        CAPTURE(tensors[i].name);
        const Value* known = expected.find("tensors")->find(tensors[i].name);
        REQUIRE(known != nullptr);
        CHECK(tensors[i].dtype.name() == known->find("dtype")->text());
        CHECK(sha256_of(*model, i, 5) == known->find("sha256")->text());
        CHECK(sha256_of(*model, i, 4096) == known->find("sha256")->text());
      }
      CHECK_NOTHROW(model->require_unchanged());
    }
  }
}

TEST_CASE("what is wrong with a DeepSpeed checkpoint is named") {
  CHECK(fault_of("partition-missing/latest") == "says that there are 2 partitions, and 1 is there");
  CHECK(fault_of("partition-missing-3/latest") == "the optimizer's state of process 0 is missing");
  CHECK(fault_of("tag-up/latest") ==
        "names the directory '../tag-up/global_step2', which leads out of the directory");
  CHECK(fault_of("tag-gone/latest") == "names the directory 'global_step9', which is not there");
  CHECK(fault_of("shapes-lie/latest") == "there are fewer elements than param_shapes says");
  CHECK(fault_of("shapes-lie-3/latest") == "there are fewer elements than param_shapes says");
  CHECK(fault_of("left-over/latest") == "param_shapes leaves 36 elements over, which is more than padding");
  CHECK(fault_of("no-model-states/latest") ==
        "has no *_model_states.pt, and nothing else says which parameters there are");
}
