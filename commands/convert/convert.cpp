// aerotool convert: any readable format to any writable one.
#include "cli/command.hpp"
#include "cli/conversion.hpp"
#include "cli/models.hpp"
#include "cli/write_options.hpp"

namespace aerotool::commands {
namespace {

std::vector<cli::Option> options() {
  using enum cli::Option::Argument;
  std::vector<cli::Option> all = {
      cli::from_option(),
      cli::follow_links_option(),
      {"to", 0, required, "FORMAT", "write this format (default: as the extension says)",
       tasks::writable_formats()},
      {"dry-run", 'n', none, "", "print what would be written, and write nothing", {}}};
  for (const auto& more : {cli::write_options(), cli::set_options()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

int run(const cli::Arguments& arguments) {
  arguments.require_operands(2, "INPUT or OUTPUT");
  const WriteOptions options = cli::write_options_of(arguments);
  return cli::run_conversion(arguments, options,
                             tasks::target_of(arguments.operands().back(), arguments.get("to"), options));
}

}  // namespace

const cli::Command& convert_command() {
  static const cli::Command command = {
      "convert", "Convert models to another format, or combine them", "INPUT... OUTPUT", options, run, false};
  return command;
}

}  // namespace aerotool::commands
