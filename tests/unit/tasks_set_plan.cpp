// Plans: the documents that their steps write for each other, and the parts of a set without a command line.
#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "files.hpp"
#include "tasks/convert/convert.hpp"
#include "tasks/request_error.hpp"
#include "tasks/set_plan/part_choice.hpp"
#include "tasks/set_plan/planned_check.hpp"
#include "tasks/set_plan/planned_set.hpp"
#include "tasks/set_plan/receipt.hpp"

using namespace aerotool;
using tasks::PartRange;

namespace {

/// An environment variable that has its old value again afterwards.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

tasks::PlanDocument small_plan() {
  tasks::PlanDocument plan;
  plan.command = {
      "pack-set", {"in \"quoted\"", "out"}, {{"max-shard-bytes", {"8K"}}, {"set", {"a=1", "b=2"}}}};
  plan.inputs = {{"a.gguf", 3, -5, {}, {}}, {"https://host/b", 4, {}, "\"tag\"", std::string(64, 'a')}};
  plan.side_files = {{"config.json", 1, 2, {}, {}}};
  plan.parts = {{"part-000.aero", 10, {"x", "y\n"}}, {"part-001.aero", 0, {}}};
  plan.closing = {"index.aero"};
  return plan;
}

tasks::ConvertRequest pack(const std::string& input, const std::string& directory) {
  tasks::ConvertRequest request;
  request.inputs = {input};
  request.target = tasks::set_target(directory);
  request.options.parse(write::max_shard_bytes(), "64");
  for (const AnyWriteOption* option : tasks::set_options()) {
    if (option->description.name == "max-part-shards") request.options.parse(*option, "1");
  }
  return request;
}

}  // namespace

TEST_CASE("plans: which parts are meant") {
  CHECK(tasks::parse_parts("3") == std::vector<PartRange>{{3, 3}});
  CHECK(tasks::parse_parts("3,17-19,5") == std::vector<PartRange>{{3, 3}, {17, 19}, {5, 5}});
  for (const char* wrong :
       {"", ",", "3,", "a", "3-", "-3", "5-3", "1.5", "+1", "99999999999999999999", "autox"})
    CHECK_THROWS_AS(tasks::parse_parts(wrong), UsageError);
  CHECK(tasks::parts_text({}).empty());
  CHECK(tasks::parts_text({0}) == "0");
  CHECK(tasks::parts_text({1, 3, 4, 5, 9, 10}) == "1,3-5,9-10");
}

TEST_CASE("plans: the engine that runs an array of jobs says which part") {
  const Variable slurm("SLURM_ARRAY_TASK_ID", nullptr);
  const Variable kubernetes("JOB_COMPLETION_INDEX", nullptr);
  const Variable batch("AWS_BATCH_JOB_ARRAY_INDEX", nullptr);
  CHECK_THROWS_AS(tasks::parse_parts("auto"), UsageError);
  for (const char* name : {"AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"}) {
    const Variable set(name, "7");
    CHECK(tasks::parse_parts("auto") == std::vector<PartRange>{{7, 7}});
    CHECK(tasks::parse_parts("auto+1000") == std::vector<PartRange>{{1007, 1007}});
    CHECK_THROWS_AS(tasks::parse_parts("auto+18446744073709551615"), UsageError);
  }
  const Variable wrong("SLURM_ARRAY_TASK_ID", "x");
  CHECK_THROWS_AS(tasks::parse_parts("auto"), UsageError);
}

TEST_CASE("plans: the text of a plan says all of it, and the same each time") {
  const tasks::PlanDocument plan = small_plan();
  const std::string text = tasks::render(plan);
  const tasks::PlanDocument read = tasks::parse_plan(text, "p.json");
  CHECK(tasks::render(read) == text);
  CHECK(read.command.name == plan.command.name);
  CHECK(read.command.operands == plan.command.operands);
  CHECK(read.command.options == plan.command.options);
  CHECK(read.inputs == plan.inputs);
  CHECK(read.side_files == plan.side_files);
  CHECK(read.parts == plan.parts);
  CHECK(read.closing == plan.closing);
  CHECK(tasks::plan_id(text).size() == 16);
  CHECK(tasks::plan_id(text) != tasks::plan_id(text + " "));
}

TEST_CASE("plans: a text that is no plan is refused by the member that is wrong") {
  const std::string text = tasks::render(small_plan());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return changed;
  };
  const auto message_of = [](const std::string& changed) {
    try {
      tasks::parse_plan(changed, "p.json");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message_of(text).empty());
  CHECK(message_of("").find("p.json") == 0);
  CHECK(message_of("[]").find("is not a JSON object") != std::string::npos);
  CHECK(message_of(text.substr(0, text.size() / 2)).find("not valid JSON") != std::string::npos);
  CHECK(message_of(with("\"aerotool_plan\": 1", "\"aerotool_plan\": 2")).find("reads 1") !=
        std::string::npos);
  CHECK(message_of(with("\"aerotool_plan\": 1", "\"x\": 1")).find("\"aerotool_plan\"") != std::string::npos);
  CHECK(message_of(with("\"bytes\": 10", "\"bytes\": -10")).find("\"bytes\"") != std::string::npos);
  CHECK(message_of(with("\"size\": 3", "\"size\": 1e300")).find("\"size\"") != std::string::npos);
  CHECK(message_of(with("[\"x\", \"y\\n\"]", "[\"x\", 1]")).find("\"tensors\"") != std::string::npos);
  CHECK(message_of(with("[\"8K\"]", "8")).find("\"options\"") != std::string::npos);
  CHECK(message_of(with("\"command\"", "\"commando\"")).find("\"command\"") != std::string::npos);
}

TEST_CASE("plans: a receipt comes back, and a damaged one is refused") {
  tasks::Receipt receipt;
  receipt.plan = "0123456789abcdef";
  receipt.file = "part-000.aero";
  receipt.part.size = 7;
  receipt.part.sha256.fill(std::byte{0xab});
  receipt.part.uuid = "u";
  receipt.part.shards = {Digest{}, receipt.part.sha256};
  const std::string text = tasks::render(receipt);
  const tasks::Receipt read = tasks::parse_receipt(text, "r");
  CHECK(tasks::render(read) == text);
  CHECK(read.part.shards == receipt.part.shards);
  for (std::size_t cut = 0; cut + 2 < text.size(); cut += 7)
    CHECK_THROWS_AS(tasks::parse_receipt(text.substr(0, cut), "r"), ContentError);
  std::string short_hash = text;
  short_hash.erase(short_hash.find("abab"), 2);
  CHECK_THROWS_AS(tasks::parse_receipt(short_hash, "r"), CorruptError);
}

TEST_CASE("plans: parts in any order make what one process makes") {
  const test::TemporaryDirectory directory;
  const std::string input = test::data_path("mixed.safetensors");
  tasks::Conversion(pack(input, directory.file("plain")), {}).write();
  const tasks::ConvertRequest request = pack(input, directory.file("parts"));
  tasks::ReadPlan plan;
  plan.path = directory.file("p.json");
  plan.document = tasks::plan_set(request, {}, {});
  plan.id = tasks::plan_id(tasks::render(plan.document));
  const std::size_t count = plan.document.parts.size();
  REQUIRE(count > 2);
  CHECK(tasks::status_of_set(request.target.path, plan).missing.size() == count);
  for (std::size_t i = count; i-- > 1;) tasks::write_parts(request, plan, {{i, i}}, {});
  CHECK(tasks::status_of_set(request.target.path, plan).missing == std::vector<std::size_t>{0});
  CHECK(tasks::publish_set(request, plan, true, {}).missing == std::vector<std::size_t>{0});
  CHECK_THROWS_AS(tasks::write_parts(request, plan, {{0, count}}, {}), tasks::RequestError);
  tasks::write_parts(request, plan, {{0, 0}}, {});
  const std::string staging = tasks::staging_path(request.target.path, plan.id);
  // The last byte of a weight, which its receipt knows.
  const std::string part = staging + "/" + plan.document.parts[1].file;
  const std::string bytes = test::read_file(part);
  test::put_byte(part, bytes.size() - 1, static_cast<char>(bytes.back() ^ 1));
  CHECK(tasks::publish_set(request, plan, true, {}).damaged == std::vector<std::size_t>{1});
  CHECK(tasks::status_of_set(request.target.path, plan).missing == std::vector<std::size_t>{1});
  tasks::write_parts(request, plan, {{1, 1}}, {});
  CHECK(tasks::publish_set(request, plan, true, {}).published);
  CHECK(test::names_in(directory.file("parts")) == test::names_in(directory.file("plain")));
  for (const std::string& name : test::names_in(directory.file("plain")))
    CHECK(test::read_file(directory.file("parts/" + name)) ==
          test::read_file(directory.file("plain/" + name)));
}

TEST_CASE("plans: what is written to one file, and what reads its own output, is not divided") {
  const test::TemporaryDirectory directory;
  tasks::ConvertRequest request = pack(test::data_path("mixed.safetensors"), directory.file("set"));
  request.target = tasks::target_of(directory.file("m.aero"), {}, {});
  request.options = {};
  CHECK_THROWS_AS(tasks::plan_set(request, {}, {}), tasks::RequestError);
  tasks::Conversion(pack(test::data_path("mixed.safetensors"), directory.file("set")), {}).write();
  CHECK_THROWS_AS(tasks::plan_set(pack(directory.file("set"), directory.file("set")), {}, {}),
                  tasks::RequestError);
}

TEST_CASE("plans: a check in parts finds what one check finds") {
  const test::TemporaryDirectory directory;
  const std::string set = directory.file("set");
  tasks::Conversion(pack(test::data_path("mixed.safetensors"), set), {}).write();
  // A weight of the first part, and one of the last.
  for (const std::string& name : {std::string("part-000.aero"), std::string("part-001.aero")}) {
    const std::string bytes = test::read_file(set + "/" + name);
    test::put_byte(set + "/" + name, bytes.size() - 1, static_cast<char>(bytes.back() ^ 1));
  }
  tasks::CheckRequest request;
  request.path = set;
  request.level = CheckLevel::full;
  const tasks::Judgement whole = tasks::judge(request, {});
  REQUIRE_FALSE(whole.sound());
  tasks::ReadPlan plan;
  plan.path = directory.file("p.json");
  plan.document = tasks::plan_check(request, {}, {});
  plan.id = tasks::plan_id(tasks::render(plan.document));
  const std::size_t count = plan.document.parts.size();
  CHECK(tasks::status_of_check(plan).missing.size() == count);
  CHECK_THROWS_AS(tasks::sum_up(request, plan, {}), tasks::RequestError);
  std::uint64_t faults = 0;
  for (std::size_t i = count; i-- > 0;)
    faults += tasks::check_part(request, plan, i, {}).report.fault_count();
  CHECK(tasks::status_of_check(plan).missing.empty());
  const tasks::Judgement summed = tasks::sum_up(request, plan, {});
  CHECK(faults == whole.report.fault_count());
  REQUIRE(summed.report.findings().size() == whole.report.findings().size());
  for (std::size_t i = 0; i < whole.report.findings().size(); ++i)
    CHECK(summed.report.findings()[i].message == whole.report.findings()[i].message);
  CHECK(summed.tally.sha256_files == whole.tally.sha256_files);
  tasks::clear_check(plan);
  CHECK(test::names_in(directory.path()) == std::vector<std::string>{"set"});
  request.path = test::data_path("mixed.safetensors");
  CHECK_THROWS_AS(tasks::plan_check(request, {}, {}), tasks::RequestError);
}
