// aerotool diff: what differs between two models, whatever formats they have?
#include "cli/command.hpp"
#include "cli/listener.hpp"
#include "cli/models.hpp"
#include "cli/text_out.hpp"
#include "commands/diff/output.hpp"
#include "core/error.hpp"

namespace aerotool::commands {
namespace {

std::vector<cli::Option> options() {
  using enum cli::Option::Argument;
  return {{"full", 0, none, "", "also read and compare what has the same hash in both", {}},
          {"numeric", 0, none, "", "compare values numerically", {}},
          {"json", 0, none, "", "one JSON document", {}},
          cli::from_option(),
          cli::follow_links_option()};
}

int run(const cli::Arguments& arguments) {
  const auto& operands = arguments.operands();
  arguments.require_operands(2, "A or B");
  if (operands.size() > 2)
    throw UsageError("compares two models; " + std::to_string(operands.size()) + " are given");
  if (operands[0] == "-" && operands[1] == "-") throw UsageError("'-' may be given only once");
  const auto a = cli::open(arguments, operands[0]);
  const auto b = cli::open(arguments, operands[1]);
  const bool numeric = arguments.has("numeric");
  const Difference difference = {
      tasks::compare_models(*a, *b,
                            {.full = arguments.has("full"), .numeric = numeric, .jobs = cli::jobs(arguments)},
                            cli::listener(arguments)),
      *a, *b, numeric};
  cli::TextOut out;
  if (arguments.has("json")) {
    print_json(difference, out);
  } else if (!arguments.has("quiet")) {
    print_text(arguments, difference, out);
  }
  out.finish();
  return difference.none() ? 0 : 1;
}

}  // namespace

const cli::Command& diff_command() {
  static const cli::Command command = {"diff", "Show what differs between two models", "A B", options, run,
                                       false};
  return command;
}

}  // namespace aerotool::commands
