// aerotool diff: what differs between two models, whatever formats they have?
#include <utility>

#include "cli/command.hpp"
#include "cli/models.hpp"
#include "cli/progress_bar.hpp"
#include "cli/text_out.hpp"
#include "commands/diff/compare.hpp"
#include "commands/diff/metadata_diff.hpp"
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

WeightDifference compare(const cli::Arguments& arguments, const Model& a, const Model& b) {
  cli::ProgressBar bar(arguments);
  return compare_weights(a, b,
                         {.full = arguments.has("full"),
                          .numeric = arguments.has("numeric"),
                          .jobs = cli::jobs(arguments),
                          .progress = bar.progress()});
}

int run(const cli::Arguments& arguments) {
  const auto& operands = arguments.operands();
  arguments.require_operands(2, "A or B");
  if (operands.size() > 2)
    throw UsageError("compares two models; " + std::to_string(operands.size()) + " are given");
  if (operands[0] == "-" && operands[1] == "-") throw UsageError("'-' may be given only once");
  const auto a = cli::open(arguments, operands[0]);
  const auto b = cli::open(arguments, operands[1]);
  // What is wrong with metadata is told before weights are read.
  std::vector<MetadataDifference> metadata = compare_metadata(self_description(*a), self_description(*b));
  const Difference difference = {*a, *b, arguments.has("numeric"), compare(arguments, *a, *b),
                                 std::move(metadata)};
  a->require_unchanged();
  b->require_unchanged();
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
