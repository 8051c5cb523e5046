// aerotool pack-set: models to an AEROSET, a directory of parts that is published whole.
#include "cli/command.hpp"
#include "cli/conversion.hpp"
#include "cli/set_plan.hpp"

namespace aerotool::commands {
namespace {

cli::Settings<cli::ConversionOptions> settings() {
  cli::Settings<cli::ConversionOptions> all;
  cli::append(all, cli::reading_settings());
  all.emplace_back(cli::sha256_setting());
  all.push_back(cli::dry_run_setting());
  all.push_back(cli::json_of_result_setting());
  cli::append(all, cli::write_settings(tasks::set_options()));
  cli::append(all, cli::plan_settings());
  all.emplace_back(cli::full_setting());
  return all;
}

tasks::Target target_of(const cli::ConversionOptions& options) {
  cli::require_operands(options, 2, "INPUT or DIR");
  return tasks::set_target(options.operands.back());
}

int run(const cli::ConversionOptions& options) {
  return cli::run_conversion(options, target_of(options));
}

tasks::ConvertRequest request_of(const cli::ConversionOptions& options) {
  return cli::conversion_request(options, target_of(options));
}

}  // namespace

const cli::Command& pack_set_command() {
  static const cli::Command command = cli::planned<cli::ConversionOptions, settings, run, request_of>(
      "pack-set", "Pack models for release, as a set of AERO files", "INPUT... DIR");
  return command;
}

}  // namespace aerotool::commands
