// aerotool pack-set: models to an AEROSET, a directory of parts that is published whole.
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
      {"dry-run", 'n', none, "", "print what would be written, and write nothing", {}}};
  for (const auto& more : {cli::set_options(), cli::write_options()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

int run(const cli::Arguments& arguments) {
  arguments.require_operands(2, "INPUT or DIR");
  return cli::run_conversion(arguments, cli::write_options_of(arguments),
                             tasks::set_target(arguments.operands().back()));
}

}  // namespace

const cli::Command& pack_set_command() {
  static const cli::Command command = {
      "pack-set", "Pack models for release, as a set of AERO files", "INPUT... DIR", options, run, false};
  return command;
}

}  // namespace aerotool::commands
