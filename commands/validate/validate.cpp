// aerotool validate: is it sound?
#include "cli/answers.hpp"
#include "cli/command.hpp"
#include "cli/json_out.hpp"
#include "cli/listener.hpp"
#include "cli/models.hpp"
#include "cli/plan_steps.hpp"
#include "cli/terminal.hpp"
#include "cli/text_out.hpp"
#include "commands/validate/values_json.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "tasks/check/check.hpp"
#include "tasks/set_plan/planned_check.hpp"
#include "tasks/set_plan/planned_inputs.hpp"

namespace aerotool::commands {
namespace {

struct ValidateOptions : cli::AnswerOptions {
  bool full = false;
  bool values = false;
  bool control = false;
  std::vector<ExpectedSha256> sha256;  // one, where it is given
};

std::vector<ExpectedSha256> expected_sha256(const std::string& text) {
  return {{cli::parse_sha256(text), "--sha256"}};
}

cli::Settings<ValidateOptions> settings() {
  using enum Option::Argument;
  cli::Settings<ValidateOptions> all = {
      {{"full", 0, none, "", "read everything and check every hash", {}}, cli::sets(&ValidateOptions::full)},
      {{"values",
        0,
        none,
        "",
        "also look for NaN, infinities and tensors that are all zero (implies --full)",
        {}},
       cli::sets(&ValidateOptions::values)},
      {{"sha256", 0, required, "HEX", "compare the SHA-256 of the whole file (implies --full)", {}},
       cli::sets(&ValidateOptions::sha256, expected_sha256)},
      {{"control", 0, none, "", "check the control-plane hash (IHSH) alone", {}},
       cli::sets(&ValidateOptions::control)},
      cli::json_setting(),
      cli::recursive_setting()};
  cli::append(all, cli::reading_settings());
  cli::append(all, cli::plan_settings());
  return all;
}

CheckLevel level_of(const ValidateOptions& options) {
  const bool sha256 = !options.sha256.empty();
  const char* full = options.full ? "full" : options.values ? "values" : sha256 ? "sha256" : nullptr;
  if (full == nullptr) return options.control ? CheckLevel::control : CheckLevel::structure;
  if (options.control) throw UsageError("--" + std::string(full) + " and --control exclude each other");
  return CheckLevel::full;
}

std::string_view name_of(CheckLevel level) {
  switch (level) {
    case CheckLevel::structure:
      return "structure";
    case CheckLevel::full:
      return "full";
    case CheckLevel::control:
      return "control";
  }
  return "";
}

tasks::CheckRequest request_of(const ValidateOptions& options, const std::string& path, CheckLevel level) {
  return {.path = path,
          .read = options.read,
          .level = level,
          .values = options.values,
          .sha256 = options.sha256,
          .jobs = options.jobs};
}

/// What a sound model was held to.
std::string checked_text(const ValidateOptions& options, const tasks::Judgement& judgement,
                         CheckLevel level) {
  if (level == CheckLevel::structure) return "structure checked, weights not read";
  if (level == CheckLevel::control) return "control-plane hash checked";
  const std::uint64_t files = judgement.tally.sha256_files;
  std::string sha256 = files == 0 ? "" : "SHA-256 checked";
  if (files > 1) sha256 = "SHA-256 of " + with_thousands(files) + " files checked";
  std::string text = judgement.hashed ? "every byte and every rule checked" : "every rule checked";
  // Every byte of a file with hashes of its own says more than that, unless that was asked for.
  if (!sha256.empty() && (!judgement.hashed || !options.sha256.empty())) {
    text += ", " + sha256;
  } else if (judgement.hashed_tensors != 0) {
    text += ", hashes of " + with_thousands(judgement.hashed_tensors) + " of " +
            plural(judgement.tensors, "tensor") + " checked";
  } else if (!judgement.hashed) {
    text += ", the file has no hashes";
  }
  return options.values ? text + ", values checked" : text;
}

void print_findings(const ValidateOptions& options, const tasks::Judgement& judgement, cli::TextOut& out) {
  for (const Finding& finding : judgement.report.findings()) {
    const bool fault = finding.severity == Severity::fault;
    if (!fault && options.quiet != 0) continue;
    const std::string word =
        std::string(fault ? "fault " : "warning ").append(aerotool::name_of(finding.code));
    out.line(cli::styled(options, fault ? cli::Style::bad : cli::Style::doubtful, word) + ": " +
             one_line(describe(finding.where, finding.message)));
    for (const HitTensor& tensor : finding.hit) {
      out.line("  hit: '" + escape_controls(tensor.name) + "', bytes " + std::to_string(tensor.offset) +
               " to " + std::to_string(tensor.offset + tensor.size));
    }
  }
  const std::uint64_t omitted = judgement.report.omitted();
  if (omitted != 0) out.line("... and " + with_thousands(omitted) + " more");
}

void print_verdict(const ValidateOptions& options, const tasks::Judgement& judgement, CheckLevel level,
                   cli::TextOut& out) {
  const std::string path = escape_controls(judgement.path);
  if (!judgement.sound()) {
    out.line(path + ": " + cli::styled(options, cli::Style::bad, "NOT SOUND") + ": " +
             plural(judgement.report.fault_count(), "fault"));
    return;
  }
  out.line(path + ": " + cli::styled(options, cli::Style::good, "sound") + ": " + judgement.format +
           (judgement.version.empty() ? "" : " " + judgement.version) + ", " +
           plural(judgement.tensors, "tensor") + ", " + checked_text(options, judgement, level));
}

void print_json(const ValidateOptions& options, const tasks::Judgement& judgement, CheckLevel level,
                cli::JsonOut& json) {
  json.begin_object();
  json.name_member("path", judgement.path);
  json.member("format", judgement.format);
  if (!judgement.version.empty()) json.member("version", judgement.version);
  json.member("level", name_of(level));
  json.key("sound");
  json.boolean(judgement.sound());
  json.member("faults", judgement.report.fault_count());
  json.objects_member("findings", judgement.report.findings(), [&](const Finding& finding) {
    json.member("code", aerotool::name_of(finding.code));
    json.member("severity", finding.severity == Severity::fault ? "fault" : "warning");
    json.member("message", finding.message);
    if (!finding.where.path.empty()) json.name_member("path", finding.where.path);
    if (finding.where.offset) json.member("offset", *finding.where.offset);
    if (!finding.where.tensor.empty()) json.name_member("tensor", finding.where.tensor);
    json.objects_member("hit", finding.hit, [&](const HitTensor& tensor) {
      json.name_member("name", tensor.name);
      json.name_member("path", tensor.path);
      json.member("offset", tensor.offset);
      json.member("size", tensor.size);
    });
  });
  json.member("omitted", judgement.report.omitted());
  if (judgement.tally.sha256_files != 0) json.member("sha256_files", judgement.tally.sha256_files);
  if (options.values) print_values(judgement.tally.values, json);
  json.end_object();
}

void print(const ValidateOptions& options, const tasks::Judgement& judgement, CheckLevel level,
           cli::TextOut& out, cli::JsonOut* json) {
  if (json != nullptr) return print_json(options, judgement, level, *json);
  if (options.quiet == 0 || (options.quiet == 1 && !judgement.sound()))
    print_findings(options, judgement, out);
  if (options.quiet == 0) print_verdict(options, judgement, level, out);
}

int run(const ValidateOptions& options) {
  const CheckLevel level = level_of(options);
  if (!options.sha256.empty() && options.operands.size() > 1) throw UsageError("--sha256 is for one MODEL");
  return cli::answer_each(options, [&](const std::string& path, cli::TextOut& out, cli::JsonOut* json) {
    const tasks::Judgement judgement = tasks::judge(request_of(options, path, level), cli::listener(options));
    print(options, judgement, level, out, json);
    return judgement.sound() ? 0 : 1;
  });
}

// ---- in the steps of a plan

/// Checks the files of these parts, and tells what is wrong with them.
int check_parts(const ValidateOptions& options, const tasks::CheckRequest& request,
                const tasks::ReadPlan& plan, const std::vector<tasks::PartRange>& parts) {
  tasks::require_parts(plan, parts);
  cli::TextOut out;
  int status = 0;
  for (const tasks::PartRange& range : parts) {
    for (std::uint64_t number = range.first; number <= range.last; ++number) {
      tasks::Verdict verdict = tasks::check_part(request, plan, number, cli::listener(options));
      tasks::Judgement judgement;
      judgement.path = verdict.file;
      judgement.report = std::move(verdict.report);
      if (judgement.sound()) continue;
      status = 1;
      if (options.quiet > 1) continue;
      print_findings(options, judgement, out);
      if (options.quiet == 0) print_verdict(options, judgement, request.level, out);
    }
  }
  out.finish();
  return status;
}

int publish(const ValidateOptions& options, const tasks::CheckRequest& request, const tasks::ReadPlan& plan,
            bool as_json) {
  const tasks::PlanStatus status = tasks::status_of_check(plan);
  if (!status.missing.empty())
    return cli::complain_of_parts(plan.path, status.parts, status.missing, "missing");
  const tasks::Judgement judgement = tasks::sum_up(request, plan, cli::listener(options));
  cli::TextOut out;
  cli::JsonOut json(out);
  print(options, judgement, request.level, out, as_json ? &json : nullptr);
  if (as_json) json.finish();
  out.finish();
  return judgement.sound() ? 0 : 1;
}

tasks::CheckRequest planned_request(const ValidateOptions& options) {
  const CheckLevel level = level_of(options);
  if (level != CheckLevel::full || !options.sha256.empty())
    throw UsageError("--plan is for --full and --values: without them, no weights are read");
  if (options.operands.size() != 1 || options.recursive) throw UsageError("--plan is for one MODEL");
  return request_of(options, options.operands.front(), level);
}

int run_plan(const cli::PlanLine& line, const cli::ParsedLine& words) {
  if (line.step == cli::PlanStep::write) {
    const auto options = cli::options_of<ValidateOptions>(words, settings());
    const tasks::CheckRequest request = planned_request(options);
    return cli::put_plan(line,
                         tasks::plan_check(request, cli::planned_command(words), cli::listener(options)));
  }
  if (line.path == "-") throw UsageError("--plan: verdicts lie beside the plan, which has to be a file");
  const tasks::ReadPlan plan = tasks::read_plan(line.path);
  const auto options = cli::of_plan(plan, [&] {
    return cli::options_of<ValidateOptions>(
        cli::planned_line(plan, words, cli::options_described<ValidateOptions>(settings())), settings());
  });
  const tasks::CheckRequest request = cli::of_plan(plan, [&] { return planned_request(options); });
  switch (line.step) {
    case cli::PlanStep::part:
      return check_parts(options, request, plan, line.parts);
    case cli::PlanStep::status:
      return cli::tell_status(line, plan, tasks::status_of_check(plan).missing, false);
    case cli::PlanStep::publish:
      return publish(options, request, plan, line.json);
    default:
      tasks::clear_check(plan);
      return 0;
  }
}

int run_line(const cli::ParsedLine& line) {
  if (const auto plan = cli::plan_line(line)) return run_plan(*plan, line);
  return run(cli::options_of<ValidateOptions>(line, settings()));
}

}  // namespace

const cli::Command& validate_command() {
  static const cli::Command command = [] {
    cli::Command of = cli::command<ValidateOptions, settings, run>(
        "validate", "Check that a model file is sound", "MODEL...");
    of.run = run_line;
    return of;
  }();
  return command;
}

}  // namespace aerotool::commands
