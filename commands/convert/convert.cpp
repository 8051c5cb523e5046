// aerotool convert: any readable format to any writable one.
#include "cli/command.hpp"
#include "cli/models.hpp"
#include "commands/convert/conversion.hpp"
#include "commands/convert/write_options.hpp"

namespace aerotool::commands {
namespace {

std::vector<cli::Option> options() {
  using enum cli::Option::Argument;
  std::vector<cli::Option> all = {
      cli::from_option(),
      cli::follow_links_option(),
      {"to", 0, required, "FORMAT", "write this format (default: as the extension says)", writable_formats()},
      {"dry-run", 'n', none, "", "print what would be written, and write nothing", {}}};
  for (const auto& more : {write_options(), set_options()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

int run(const cli::Arguments& arguments) {
  arguments.require_operands(2, "INPUT or OUTPUT");
  return run_conversion(arguments, target_of(arguments, arguments.operands().back()));
}

}  // namespace

const cli::Command& convert_command() {
  static const cli::Command command = {
      "convert", "Convert models to another format, or combine them", "INPUT... OUTPUT", options, run, false};
  return command;
}

}  // namespace aerotool::commands
