#include "cli/plan_steps.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "cli/json_out.hpp"
#include "cli/terminal.hpp"
#include "cli/text_out.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::cli {
namespace {

constexpr std::string_view kPlan = "plan";
constexpr std::string_view kFull = "full";
constexpr std::string_view kJson = "json";

struct NamedStep {
  std::string_view option;
  PlanStep step;
};
constexpr std::array kSteps = {NamedStep{"part", PlanStep::part}, NamedStep{"status", PlanStep::status},
                               NamedStep{"publish", PlanStep::publish}, NamedStep{"clean", PlanStep::clean}};

std::string long_form(std::string_view option) {
  return "--" + std::string(option);
}

bool is_step(std::string_view option) {
  return std::ranges::any_of(kSteps, [&](const NamedStep& step) { return step.option == option; });
}

/// Whether a plan cannot hold it.
bool is_of_steps(std::string_view option) {
  return option == kPlan || is_step(option) || option == kJson || option == "dry-run";
}

bool is_common(std::string_view option) {
  static const std::vector<std::string> names = common_option_names();
  return std::ranges::find(names, option) != names.end();
}

/// What a step takes beside --plan and what every command takes.
void require_alone(const ParsedLine& line, const NamedStep& step) {
  if (!line.common.operands.empty()) {
    throw UsageError(long_form(step.option) + " takes INPUT and OUTPUT from the plan, not '" +
                     escape_controls(shortened(line.common.operands.front())) + "'");
  }
  for (const auto& [option, values] : line.values) {
    const bool taken = option == kPlan || option == step.option || is_common(option) ||
                       (option == kFull && step.step == PlanStep::publish) ||
                       (option == kJson && (step.step == PlanStep::status || step.step == PlanStep::publish));
    if (taken) continue;
    throw UsageError(is_step(option)
                         ? long_form(option) + " and " + long_form(step.option) + " exclude each other"
                         : long_form(option) + " is of no use with " + long_form(step.option));
  }
}

Setting<CommonOptions> without_effect(Option option) {
  return {std::move(option), [](CommonOptions&, const Values&) {}};
}

}  // namespace

Settings<CommonOptions> plan_settings() {
  using enum Option::Argument;
  return {
      without_effect({kPlan, 0, required, "PLAN", "write a plan, so that many processes do the work", {}}),
      without_effect(
          {"part", 0, required, "PARTS", "do these parts of the plan: 3, 3-7, auto, auto+1000", {}}),
      without_effect({"status", 0, none, "", "say which parts of the plan are missing", {}}),
      without_effect({"publish", 0, none, "", "finish the plan, where no part is missing", {}}),
      without_effect({"clean", 0, none, "", "remove what an abandoned plan has left", {}})};
}

Setting<CommonOptions> full_setting() {
  return without_effect(
      {kFull, 0, Option::Argument::none, "", "with --publish, compare the hashes of all parts", {}});
}

std::optional<PlanLine> plan_line(const ParsedLine& line) {
  const auto has = [&](std::string_view option) { return line.values.contains(option); };
  const auto step = std::ranges::find_if(kSteps, [&](const NamedStep& of) { return has(of.option); });
  const auto path = line.values.find(kPlan);
  if (path == line.values.end()) {
    if (step == kSteps.end()) return std::nullopt;
    throw UsageError(long_form(step->option) + " needs --plan");
  }
  PlanLine plan;
  plan.path = path->second.back();
  if (step == kSteps.end()) return plan;
  require_alone(line, *step);
  plan.step = step->step;
  plan.full = has(kFull);
  plan.json = has(kJson);
  if (plan.step == PlanStep::part) {
    for (const std::string& text : line.values.find(step->option)->second) {
      for (const tasks::PartRange& range : tasks::parse_parts(text)) plan.parts.push_back(range);
    }
  }
  return plan;
}

tasks::PlannedCommand planned_command(const ParsedLine& line) {
  const auto require_utf8 = [](const std::string& text) {
    if (!is_utf8(text)) throw UsageError("--plan: '" + escape_controls(text) + "' is not UTF-8");
  };
  tasks::PlannedCommand command;
  command.name = line.common.command;
  command.operands = line.common.operands;
  for (const std::string& operand : command.operands) {
    require_utf8(operand);
    if (operand == "-") throw UsageError("--plan: other processes do not have standard input and output");
  }
  for (const auto& [option, values] : line.values) {
    if (option == kPlan || is_common(option)) continue;
    if (is_of_steps(option)) throw UsageError("--plan and " + long_form(option) + " exclude each other");
    if (option == "uuid" && values.back() == "random")
      throw UsageError("--plan and --uuid=random exclude each other: each process would draw another one");
    std::ranges::for_each(values, require_utf8);
    command.options.emplace(option, values);
  }
  return command;
}

ParsedLine planned_line(const tasks::ReadPlan& plan, const ParsedLine& now,
                        const std::vector<Option>& options) {
  const tasks::PlannedCommand& command = plan.document.command;
  if (command.name != now.common.command) {
    throw tasks::RequestError({plan.path, {}, {}}, "is a plan of '" +
                                                       escape_controls(shortened(command.name)) +
                                                       "', not of '" + std::string(now.common.command) + "'");
  }
  ParsedLine line;
  line.common = now.common;
  line.common.operands = command.operands;
  for (const auto& [name, values] : command.options) {
    const bool is_known = std::ranges::find(options, name, &Option::name) != options.end();
    if (!is_known || is_of_steps(name) || values.empty()) {
      throw CorruptError({plan.path, {}, {}},
                         "its option '" + escape_controls(shortened(name)) + "' is unknown or empty");
    }
    line.values.emplace(name, values);
  }
  require_choices(options, line);
  return line;
}

int put_plan(const PlanLine& line, const tasks::PlanDocument& document) {
  const std::string text = tasks::render(document);
  TextOut out;
  if (line.path == "-") {
    out.write(text);
  } else {
    tasks::write_plan(line.path, text);
    out.line(std::to_string(document.parts.size()));
  }
  out.finish();
  return 0;
}

int tell_status(const PlanLine& line, const tasks::ReadPlan& plan, const std::vector<std::size_t>& missing,
                bool published) {
  TextOut out;
  const std::string text = tasks::parts_text(missing);
  if (line.json) {
    JsonOut json(out);
    json.begin_object();
    json.name_member("plan", plan.path);
    json.member("id", plan.id);
    json.member("parts", plan.document.parts.size());
    json.array_member("missing", missing, [&](std::size_t part) { json.number(part); });
    json.member("ranges", text);
    json.key("published");
    json.boolean(published);
    json.end_object();
    json.finish();
  } else if (!missing.empty()) {
    out.line(text);
  }
  out.finish();
  return missing.empty() ? 0 : 1;
}

int complain_of_parts(const std::string& where, std::size_t parts, const std::vector<std::size_t>& missing,
                      std::string_view what) {
  complain(escape_controls(where) + ": " + std::to_string(missing.size()) + " of " + plural(parts, "part") +
           (missing.size() == 1 ? " is " : " are ") + std::string(what) + ": " + tasks::parts_text(missing));
  return 1;
}

}  // namespace aerotool::cli
