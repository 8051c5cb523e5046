// aerotool diff: what differs between two models, whatever formats they have?
#include "cli/command.hpp"
#include "cli/listener.hpp"
#include "cli/models.hpp"
#include "cli/terminal.hpp"
#include "cli/text_out.hpp"
#include "commands/diff/output.hpp"
#include "core/error.hpp"

namespace aerotool::commands {
namespace {

struct DiffOptions : cli::ReadingOptions {
  bool full = false;
  bool numeric = false;
  bool dequantize = false;
  bool json = false;
};

cli::Settings<DiffOptions> settings() {
  using enum Option::Argument;
  cli::Settings<DiffOptions> all = {
      {{"full", 0, none, "", "also read what has the same hash in both, or is on a server", {}},
       cli::sets(&DiffOptions::full)},
      {{"numeric", 0, none, "", "compare values numerically", {}}, cli::sets(&DiffOptions::numeric)},
      {{"dequantize", 0, none, "", "the same across types, quantized ones too", {}},
       cli::sets(&DiffOptions::dequantize)},
      {{"json", 0, none, "", "one JSON document", {}}, cli::sets(&DiffOptions::json)}};
  cli::append(all, cli::reading_settings());
  return all;
}

int run(const DiffOptions& options) {
  const auto& operands = options.operands;
  cli::require_operands(options, 2, "A or B");
  if (operands.size() > 2)
    throw UsageError("compares two models; " + std::to_string(operands.size()) + " are given");
  if (operands[0] == "-" && operands[1] == "-") throw UsageError("'-' may be given only once");
  const auto a = cli::open(options, operands[0]);
  const auto b = cli::open(options, operands[1]);
  const Difference difference = {tasks::compare_models(*a, *b,
                                                       {.full = options.full,
                                                        .numeric = options.numeric,
                                                        .dequantize = options.dequantize,
                                                        .jobs = options.jobs},
                                                       cli::listener(options)),
                                 *a, *b, options.numeric, options.dequantize};
  cli::TextOut out;
  if (options.json) {
    print_json(difference, out);
  } else if (options.quiet == 0) {
    print_text(options, difference, out);
  }
  out.finish();
  const bool known = difference.same() || !difference.none();
  if (difference.weights.not_compared != 0 && (options.quiet == 0 || !known))
    cli::complain(not_compared_text(difference.weights) + "; --full reads them");
  if (!known) return 2;
  return difference.same() ? 0 : 1;
}

}  // namespace

const cli::Command& diff_command() {
  static const cli::Command command =
      cli::command<DiffOptions, settings, run>("diff", "Show what differs between two models", "A B");
  return command;
}

}  // namespace aerotool::commands
