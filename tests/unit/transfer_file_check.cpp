// The SHA-256 that the store of a file gives of it, held against the file in the read of a full check.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "files.hpp"
#include "hash/sha256.hpp"
#include "io/input.hpp"
#include "transfer/format.hpp"

using namespace aerotool;

namespace aerotool {
const Format& safetensors_format();
const Format& gguf_format();
const Format& aero_format();
}  // namespace aerotool

namespace {

Digest sha256_of(const std::string& bytes) {
  hash::Sha256 sha256;
  sha256.add(bytes_of(bytes));
  return sha256.finish();
}

struct Outcome {
  CheckTally tally;
  Report report{Report::Mode::judge};
};

Outcome checked(const Format& format, const std::string& file, const Digest& expected,
                const CheckOptions& how) {
  auto input = io::Input::open(test::data_path(file));
  input->expect_sha256(expected);
  Outcome outcome;
  const auto model = format.open(input, outcome.report);
  CheckOptions options = how;
  options.jobs = 2;
  options.tally = &outcome.tally;
  model->check(options, outcome.report);
  return outcome;
}

}  // namespace

TEST_CASE("file check: the SHA-256 that a store gives of a file") {
  for (const auto& [format, file] :
       {std::pair{&safetensors_format(), "mixed.safetensors"}, std::pair{&gguf_format(), "tiny.gguf"},
        std::pair{&aero_format(), "mixed.ref.aero"}}) {
    const std::string name = file;
    CAPTURE(name);
    const Digest right = sha256_of(test::data_bytes(name));
    const Digest wrong{};
    const Outcome same = checked(*format, name, right, {.level = CheckLevel::full});
    CHECK(same.report.fault_count() == 0);
    CHECK(same.tally.sha256_files == 1);
    const Outcome other = checked(*format, name, wrong, {.level = CheckLevel::full});
    REQUIRE(other.report.fault_count() == 1);
    CHECK(other.report.findings()[0].code == Code::hash);
    CHECK(other.report.findings()[0].message ==
          "its SHA-256 is " + to_hex(right) + ", the name of its blob says " + to_hex(wrong));
    // Without --full no weights are read.
    const Outcome structure = checked(*format, name, wrong, {.level = CheckLevel::structure});
    CHECK(structure.report.fault_count() == 0);
    CHECK(structure.tally.sha256_files == 0);
  }
}
