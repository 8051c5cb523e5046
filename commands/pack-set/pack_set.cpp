// aerotool pack-set: models to an AEROSET, a directory of parts that is published whole.
#include "cli/command.hpp"
#include "cli/conversion.hpp"

namespace aerotool::commands {
namespace {

cli::Settings<cli::ConversionOptions> settings() {
  cli::Settings<cli::ConversionOptions> all;
  cli::append(all, cli::reading_settings());
  all.emplace_back(cli::sha256_setting());
  all.push_back(cli::dry_run_setting());
  cli::append(all, cli::write_settings(tasks::set_options()));
  return all;
}

int run(const cli::ConversionOptions& options) {
  cli::require_operands(options, 2, "INPUT or DIR");
  return cli::run_conversion(options, tasks::set_target(options.operands.back()));
}

}  // namespace

const cli::Command& pack_set_command() {
  static const cli::Command command = cli::command<cli::ConversionOptions, settings, run>(
      "pack-set", "Pack models for release, as a set of AERO files", "INPUT... DIR");
  return command;
}

}  // namespace aerotool::commands
