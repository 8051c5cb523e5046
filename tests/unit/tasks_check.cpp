// What validate does, without a command line.
#include <doctest/doctest.h>

#include <string>

#include "core/error.hpp"
#include "files.hpp"
#include "tasks/check/check.hpp"
#include "tasks/request_error.hpp"

using namespace aerotool;

namespace {

tasks::Judgement judged(const std::string& path, CheckLevel level = CheckLevel::full) {
  tasks::CheckRequest request;
  request.path = path;
  request.level = level;
  return tasks::judge(request, {});
}

}  // namespace

TEST_CASE("check: a sound model says what it is") {
  const tasks::Judgement judgement = judged(test::data_path("mixed.ref.aero"));
  CHECK(judgement.sound());
  CHECK(judgement.format == "AERO");
  CHECK(judgement.hashed);
  CHECK(judgement.tensors != 0);
}

TEST_CASE("check: bytes that are cut off are a fault, a file that is not there an error") {
  const std::string whole = test::data_bytes("mixed.safetensors");
  const test::TemporaryDirectory directory;
  const std::string cut = directory.file("cut.safetensors");
  test::write_file(cut, whole.substr(0, whole.size() - 1));
  CHECK_FALSE(judged(cut).sound());
  CHECK_THROWS_AS(judged(directory.file("nothing.safetensors")), IoError);
}

TEST_CASE("check: without a control-plane hash nothing was checked, and that is a fault") {
  const tasks::Judgement judgement = judged(test::data_path("mixed.safetensors"), CheckLevel::control);
  REQUIRE(judgement.report.findings().size() == 1);
  CHECK(judgement.report.findings().front().code == Code::no_hash);
}

TEST_CASE("check: a SHA-256 is for a model that is one file") {
  tasks::CheckRequest request;
  request.path = test::data_path("sharded.ref.aeroset");
  request.level = CheckLevel::full;
  request.sha256 = {ExpectedSha256{.digest = {}, .from = "--sha256"}};
  CHECK_THROWS_AS(tasks::judge(request, {}), tasks::RequestError);
  request.path = test::data_path("mixed.safetensors");
  CHECK_FALSE(tasks::judge(request, {}).sound());
}
