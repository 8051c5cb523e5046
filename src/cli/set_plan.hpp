// pack-set and convert in the steps of a plan.
#pragma once

#include <functional>

#include "cli/plan_steps.hpp"
#include "tasks/convert/request.hpp"

namespace aerotool::cli {

/// Makes the request of a line, which has its operands.
using RequestOf = std::function<tasks::ConvertRequest(const ParsedLine& line)>;

/// Does what `plan` asks for. `options` are those of the command. Returns the exit status.
int run_set_plan(const PlanLine& plan, const ParsedLine& line, const std::vector<Option>& options,
                 const RequestOf& request_of);

/// Throws UsageError where a line that publishes nothing has --full.
void require_no_full(const ParsedLine& line);

/// A command that converts, whose work can be divided by a plan: `MakeRequest` makes of its options what
/// `Run` does at once.
template <typename Options, Settings<Options> (*GetSettings)(), int (*Run)(const Options&),
          tasks::ConvertRequest (*MakeRequest)(const Options&)>
Command planned(std::string_view name, std::string_view summary, std::string_view operands) {
  Command command = cli::command<Options, GetSettings, Run>(name, summary, operands);
  command.run = [](const ParsedLine& line) {
    const auto options_in = [](const ParsedLine& of) { return options_of<Options>(of, GetSettings()); };
    if (const auto plan = plan_line(line)) {
      return run_set_plan(*plan, line, options_described<Options>(GetSettings()),
                          [&](const ParsedLine& of) { return MakeRequest(options_in(of)); });
    }
    require_no_full(line);
    return Run(options_in(line));
  };
  return command;
}

}  // namespace aerotool::cli
