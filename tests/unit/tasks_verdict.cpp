// The verdicts on the files of a model: their text, and that they add up to what a check of all finds.
#include "tasks/set_plan/verdict.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <stdexcept>

#include "core/error.hpp"
#include "files.hpp"
#include "gguf_fixture.hpp"
#include "plan_fixture.hpp"
#include "registry/registry.hpp"

using namespace aerotool;

namespace {

const std::string kInvalid = "a\xff";

/// As a text that says all of it.
std::string text_of(const Report& report, const CheckTally& tally) {
  return tasks::render_verdict({"p", "f", 1, report, tally});
}

/// One of each kind of thing that can be found.
tasks::Verdict many_kinds() {
  tasks::Verdict verdict;
  verdict.plan = "0123456789abcdef";
  verdict.file = "d/part-000.aero";
  verdict.size = std::uint64_t{1} << 40;
  Report& report = verdict.report;
  report.fault(Code::hash, {"d/part-000.aero", 4096, "t"}, "is corrupt", {{"t", "d/part-000.aero", 1, 2}});
  report.fault(Code::stray, {kInvalid, {}, kInvalid}, "says '" + kInvalid + "'",
               {{kInvalid, "elsewhere", 3, 4}, {std::string("\0", 1), kInvalid, 5, 6}});
  report.warning(Code::zero, {}, "with \"quotes\", \n and \xc3\xa9");
  verdict.tally.sha256_files = 1;
  ValueFindings& values = verdict.tally.values;
  values.tensors = 3;
  ValueCounts nan;
  nan.add_nan(7);
  nan.all_zero = false;
  values.found = {{"t", "d/part-000.aero", "element", nan}, {kInvalid, "d/part-000.aero", "block", {}}};
  return verdict;
}

void check_same(const tasks::Verdict& a, const tasks::Verdict& b) {
  CHECK(a.plan == b.plan);
  CHECK(a.file == b.file);
  CHECK(a.size == b.size);
  CHECK(a.report.fault_count() == b.report.fault_count());
  CHECK(a.report.omitted() == b.report.omitted());
  REQUIRE(a.report.findings().size() == b.report.findings().size());
  for (std::size_t i = 0; i < a.report.findings().size(); ++i) {
    const Finding& one = a.report.findings()[i];
    const Finding& other = b.report.findings()[i];
    CHECK(one.severity == other.severity);
    CHECK(one.code == other.code);
    CHECK(one.message == other.message);
    CHECK(one.where.path == other.where.path);
    CHECK(one.where.offset == other.where.offset);
    CHECK(one.where.tensor == other.where.tensor);
    REQUIRE(one.hit.size() == other.hit.size());
    for (std::size_t k = 0; k < one.hit.size(); ++k) {
      CHECK(one.hit[k].name == other.hit[k].name);
      CHECK(one.hit[k].path == other.hit[k].path);
      CHECK(one.hit[k].offset == other.hit[k].offset);
      CHECK(one.hit[k].size == other.hit[k].size);
    }
  }
  CHECK(a.tally.sha256_files == b.tally.sha256_files);
  CHECK(a.tally.values.tensors == b.tally.values.tensors);
  REQUIRE(a.tally.values.found.size() == b.tally.values.found.size());
  for (std::size_t i = 0; i < a.tally.values.found.size(); ++i) {
    const auto& one = a.tally.values.found[i];
    const auto& other = b.tally.values.found[i];
    CHECK(one.name == other.name);
    CHECK(one.path == other.path);
    CHECK(one.unit == other.unit);
    CHECK(one.counts.nan == other.counts.nan);
    CHECK(one.counts.first_nan == other.counts.first_nan);
    CHECK(one.counts.infinite == other.counts.infinite);
    CHECK(one.counts.first_infinite == other.counts.first_infinite);
    CHECK(one.counts.all_zero == other.counts.all_zero);
  }
}

tasks::Verdict read_back(const tasks::Verdict& verdict) {
  return tasks::read_verdict(tasks::render_verdict(verdict), "v.json");
}

/// The text of a verdict with something in another's place.
std::string changed(std::string_view from, std::string_view to) {
  std::string text = tasks::render_verdict(many_kinds());
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

void put_nan_at_end(const std::string& path) {
  for (std::size_t i = 1; i <= 4; ++i) test::put_byte(path, std::filesystem::file_size(path) - i, '\xff');
}

/// Checks a model at once and file by file, which has to find the same.
void check_divided(const std::string& path, const std::vector<std::string>& files) {
  Report opening(Report::Mode::judge);
  const auto model = open_model(path, {}, opening);
  CheckTally tally;
  CheckOptions options{.level = CheckLevel::full, .jobs = 2, .values = true, .tally = &tally};
  Report whole = opening;
  CHECK(model->check(options, whole));
  CHECK(whole.fault_count() > opening.fault_count() + 1);
  CHECK(tally.values.tensors != 0);

  REQUIRE(model->files_to_check() == files);
  Report sum = opening;
  CheckTally sum_tally;
  for (std::size_t i = 0; i < files.size(); ++i) {
    tasks::Verdict verdict{"p", files[i], 0, Report(Report::Mode::judge), {}};
    options.tally = &verdict.tally;
    CHECK(model->check_one_file(i, options, verdict.report));
    const tasks::Verdict read = read_back(verdict);
    sum.absorb(read.report);
    sum_tally.add(read.tally);
  }
  CHECK(text_of(sum, sum_tally) == text_of(whole, tally));
}

}  // namespace

TEST_CASE("verdict: all that was found comes back") {
  check_same(read_back(many_kinds()), many_kinds());
  const tasks::Verdict nothing{"p", kInvalid, 0, Report(Report::Mode::judge), {}};
  check_same(read_back(nothing), nothing);
}

TEST_CASE("verdict: what a report keeps no more is counted") {
  tasks::Verdict verdict{"p", "f", 1, Report(Report::Mode::judge), {}};
  const std::string much(Report::kMaxMessage + 10, 'x');
  for (std::size_t i = 0; i < Report::kMax; ++i) verdict.report.warning(Code::zero, {}, i == 0 ? much : "w");
  for (std::size_t i = 0; i < 5; ++i) verdict.report.fault(Code::hash, {}, "f");
  verdict.report.warning(Code::zero, {}, "w");
  const tasks::Verdict read = read_back(verdict);
  CHECK(read.report.omitted() == 6);
  CHECK(read.report.omitted_faults() == 5);
  check_same(read, verdict);
}

TEST_CASE("verdict: every truncation and bit flip ends in an error that names the file, or in a verdict") {
  const std::string whole = tasks::render_verdict(many_kinds());
  const auto attempt = [](const std::string& text) {
    try {
      static_cast<void>(tasks::render_verdict(tasks::read_verdict(text, "v.json")));
      return true;
    } catch (const CorruptError& error) {
      CHECK(error.where().path == "v.json");
      return false;
    }
  };
  // Without the line's end it is whole.
  for (std::size_t length = 0; length + 1 < whole.size(); ++length)
    CHECK_FALSE(attempt(whole.substr(0, length)));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string text = whole;
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ static_cast<char>(1U << (bit % 8)));
    attempt(text);
  }
}

TEST_CASE("verdict: what is none is refused") {
  const auto refused = [](const std::string& text, const char* why) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(tasks::read_verdict(text, "v.json"), doctest::Contains(why), CorruptError);
  };
  refused("[]", "is not a verdict");
  refused("{}", "is not a verdict");
  refused(R"({"aerotool_plan": 1})", "is not a verdict");
  refused(changed("_verdict\": 1", "_verdict\": 2"), "is not a verdict");
  refused(changed("\"plan\"", "\"plane\""), "\"plan\" is missing");
  refused(changed("\"size\": 1", "\"size\": -1"), "\"size\" is not a number");
  refused(changed("\"size\": 1", "\"size\": 0.1"), "\"size\" is not a number");
  refused(changed("\"omitted\": 0", "\"omitted\": 1"), "for which there is room");
  refused(changed("\"omitted_faults\": 0", "\"omitted_faults\": 1"), "more than are omitted");
  refused(changed("\"omitted\": 0", "\"omitted\": 1152921504606846976"), "more than there can be");
  refused(changed("E-HASH", "E-HUSH"), "\"code\" is none");
  refused(changed("\"fault\"", "\"fate\""), "\"severity\" is not");
  refused(changed("\"fault\"", "\"warning\""), "\"severity\" is not");
  refused(changed("\"names\": [\"t\"]", "\"names\": []"), "another length");
  refused(changed("\"names\": [\"t\"]", "\"names\": [1]"), "\"names\" is not a string");
  refused(changed("\"offsets\": [1]", "\"offsets\": [true]"), "\"offsets\" is not a number");
  refused(changed("61ff", "61f"), "hexadecimal digits");
  refused(changed("61ff", "61fg"), "hexadecimal digits");
  refused(changed("\"tensors\": 3", "\"tensors\": 1"), "\"names\" are more");
  refused(changed("\"all_zero\": [false", "\"all_zero\": [0"), "\"all_zero\" is not true or false");
  std::string many = "[{}";
  for (std::size_t i = 0; i < Report::kMax; ++i) many += ",{}";
  refused(R"({"aerotool_verdict": 1, "plan": "p", "file": "f", "size": 1, "findings": )" + many + "]}",
          "\"findings\" are more");
}

TEST_CASE("check: the files of an AEROSET, one by one") {
  const test::TemporaryDirectory set;
  test::copy_data("sharded.ref.aeroset", set);
  std::ofstream(set.file("index.aero"), std::ios::app) << "stray";
  for (const char* part : {"part-000.aero", "part-003.aero"}) put_nan_at_end(set.file(part));
  check_divided(set.path(),
                {set.file("index.aero"), set.file("part-000.aero"), set.file("part-001.aero"),
                 set.file("part-002.aero"), set.file("part-003.aero"), set.file("part-004.aero")});
}

TEST_CASE("check: the files of a sharded safetensors model, one by one") {
  const test::TemporaryDirectory set;
  test::copy_data("sharded", set);
  std::vector<std::string> files;
  for (const std::string number : {"1", "2", "3"})
    files.push_back(set.file("model-0000" + number + "-of-00003.safetensors"));
  for (const std::string& file : files) put_nan_at_end(file);
  check_divided(set.path(), files);
}

TEST_CASE("check: the files of a split GGUF model, one by one") {
  const test::TemporaryDirectory directory;
  std::vector<std::string> files;
  for (std::uint64_t number = 0; number < 2; ++number) {
    constexpr std::uint32_t kU16 = 2;
    constexpr std::uint32_t kI32 = 5;
    gguf_test::GgufBytes out;
    out.header(1, 3).key("split.no", kU16).number(number, 2).key("split.count", kU16).number(2, 2);
    out.key("split.tensors.count", kI32).u32(2).info(number == 0 ? "a" : "b", {8}, 0, 0).pad().fill('x', 32);
    files.push_back(directory.file("m-0000" + std::to_string(number + 1) + "-of-00002.gguf"));
    test::write_file(files.back(), out.bytes());
    put_nan_at_end(files.back());
  }
  check_divided(directory.path(), files);
}

TEST_CASE("check: a model in one file is not divided") {
  const test::MadeUpModel model;
  CHECK(model.files_to_check().empty());
  Report report(Report::Mode::judge);
  CHECK_THROWS_AS(model.check_one_file(0, {}, report), std::logic_error);
}
