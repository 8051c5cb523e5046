// The options of commands whose work can be divided by a plan, and what their words ask for.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "core/error.hpp"
#include "tasks/set_plan/part_choice.hpp"
#include "tasks/set_plan/plan_file.hpp"

namespace aerotool::cli {

enum class PlanStep { write, part, status, publish, clean };

/// What a command line asks of a plan.
struct PlanLine {
  std::string path;
  PlanStep step = PlanStep::write;
  std::vector<tasks::PartRange> parts;  ///< of PlanStep::part
  bool full = false;
  bool json = false;
};

/// --plan, --part, --status, --publish and --clean. They set nothing: plan_line() reads them.
Settings<CommonOptions> plan_settings();
/// --full, of commands that have no other use for it.
Setting<CommonOptions> full_setting();

/// Nothing where a line has no --plan. Throws UsageError where the line is not one of a step.
std::optional<PlanLine> plan_line(const ParsedLine& line);

/// What a line without the options of plans asks for, to be written to a plan. Throws UsageError where that
/// cannot be done by several processes.
tasks::PlannedCommand planned_command(const ParsedLine& line);
/// The line that a plan was made of, with the common options of `now`. Throws RequestError where it is one of
/// another command, and CorruptError where it is none.
ParsedLine planned_line(const tasks::ReadPlan& plan, const ParsedLine& now,
                        const std::vector<Option>& options);

/// What `make` makes of the line of a plan, whose mistakes are the plan's. Throws CorruptError that names it.
template <typename Make>
auto of_plan(const tasks::ReadPlan& plan, Make make) {
  try {
    return make();
  } catch (const UsageError& error) {
    throw CorruptError({plan.path, {}, {}}, error.message());
  }
}

/// Writes a plan, or prints it where its path is "-", and says how many parts it has. Returns the exit
/// status.
int put_plan(const PlanLine& line, const tasks::PlanDocument& document);

/// Prints which parts are missing. Returns the exit status.
int tell_status(const PlanLine& line, const tasks::ReadPlan& plan, const std::vector<std::size_t>& missing,
                bool published);
/// Complains of parts. Returns the exit status.
int complain_of_parts(const std::string& where, std::size_t parts, const std::vector<std::size_t>& missing,
                      std::string_view what);

}  // namespace aerotool::cli
