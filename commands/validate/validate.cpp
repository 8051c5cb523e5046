// aerotool validate: is it sound?
#include "cli/answers.hpp"
#include "cli/command.hpp"
#include "cli/json_out.hpp"
#include "cli/models.hpp"
#include "cli/progress_bar.hpp"
#include "cli/terminal.hpp"
#include "cli/text_out.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "registry.hpp"

namespace aerotool::commands {
namespace {

std::vector<cli::Option> options() {
  using enum cli::Option::Argument;
  return {{"full", 0, none, "", "read everything and check every hash", {}},
          {"control", 0, none, "", "check the control-plane hash (IHSH) alone", {}},
          {"json", 0, none, "", "one JSON document (an array for several models)", {}},
          cli::from_option(),
          cli::follow_links_option()};
}

CheckLevel level_of(const cli::Arguments& arguments) {
  if (arguments.has("full") && arguments.has("control"))
    throw UsageError("--full and --control exclude each other");
  if (arguments.has("full")) return CheckLevel::full;
  return arguments.has("control") ? CheckLevel::control : CheckLevel::structure;
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

struct Judgement {
  std::string path;
  std::string format;
  std::string version;
  std::uint64_t tensors = 0;
  bool hashed = false;  // the file carries hashes
  Report report{Report::Mode::judge};
  bool sound() const { return report.fault_count() == 0; }
};

Judgement judge(const cli::Arguments& arguments, const std::string& path, CheckLevel level) {
  Judgement judgement;
  judgement.path = path == "-" ? "standard input" : path;
  Report& report = judgement.report;
  std::unique_ptr<Model> model;
  try {
    // The control-plane hash alone: what else opening the file finds is for the other levels.
    Report unasked(Report::Mode::judge);
    model = open_model(path, cli::open_options(arguments), level == CheckLevel::control ? unasked : report);
    cli::ProgressBar bar(arguments);
    const CheckOptions options{.level = level, .jobs = cli::jobs(arguments), .progress = bar.progress()};
    if (!model->check(options, report)) {
      report.fault(Code::no_hash, Where{model->path(), {}, {}},
                   "there is no control-plane hash in it: nothing was checked");
    }
  } catch (const ContentError& error) {
    report.fault(error.code(), error.where(), error.message());
  }
  if (model) {
    model->require_unchanged();
    const Overview view = model->overview();
    judgement.path = model->path();
    judgement.format = view.format;
    judgement.version = view.version;
    judgement.hashed = !view.integrity.empty();
    judgement.tensors = model->tensors().size();
  }
  return judgement;
}

void print_text(const cli::Arguments& arguments, const Judgement& judgement, CheckLevel level,
                cli::TextOut& out) {
  for (const Finding& finding : judgement.report.findings()) {
    const bool fault = finding.severity == Severity::fault;
    const std::string_view word = fault ? "fault" : "warning";
    out.line(cli::styled(arguments, fault ? cli::Style::bad : cli::Style::doubtful, word) + ": " +
             one_line(describe(finding.where, finding.message)));
    for (const HitTensor& tensor : finding.hit) {
      out.line("  hit: '" + escape_controls(tensor.name) + "', bytes " + std::to_string(tensor.offset) +
               " to " + std::to_string(tensor.offset + tensor.size));
    }
  }
  const std::uint64_t omitted = judgement.report.omitted();
  if (omitted != 0) out.line("... and " + with_thousands(omitted) + " more");
  const std::string path = escape_controls(judgement.path);
  if (!judgement.sound()) {
    out.line(path + ": " + cli::styled(arguments, cli::Style::bad, "NOT SOUND") + ": " +
             plural(judgement.report.fault_count(), "fault"));
    return;
  }
  const char* checked = "structure checked, weights not read";
  if (level == CheckLevel::full) {
    checked = judgement.hashed ? "every byte and every rule checked"
                               : "every rule checked, the format has no hashes";
  }
  if (level == CheckLevel::control) checked = "control-plane hash checked";
  out.line(path + ": " + cli::styled(arguments, cli::Style::good, "sound") + ": " + judgement.format +
           (judgement.version.empty() ? "" : " " + judgement.version) + ", " +
           plural(judgement.tensors, "tensor") + ", " + checked);
}

void print_json(const Judgement& judgement, CheckLevel level, cli::JsonOut& json) {
  json.begin_object();
  json.name_member("path", judgement.path);
  json.member("format", judgement.format);
  if (!judgement.version.empty()) json.member("version", judgement.version);
  json.member("level", name_of(level));
  json.key("sound");
  json.boolean(judgement.sound());
  json.member("faults", judgement.report.fault_count());
  json.objects_member("findings", judgement.report.findings(), [&](const Finding& finding) {
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
  json.end_object();
}

int run(const cli::Arguments& arguments) {
  const CheckLevel level = level_of(arguments);
  return cli::answer_each(arguments, [&](const std::string& path, cli::TextOut& out, cli::JsonOut* json) {
    const Judgement judgement = judge(arguments, path, level);
    if (json != nullptr) {
      print_json(judgement, level, *json);
    } else if (!arguments.has("quiet")) {
      print_text(arguments, judgement, level, out);
    }
    return judgement.sound() ? 0 : 1;
  });
}

}  // namespace

const cli::Command& validate_command() {
  static const cli::Command command = {
      "validate", "Check that a model file is sound", "MODEL...", options, run, false};
  return command;
}

}  // namespace aerotool::commands
