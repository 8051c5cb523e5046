// aerotool convert: any readable format to any writable one.
#include "cli/command.hpp"
#include "cli/conversion.hpp"
#include "cli/set_plan.hpp"

namespace aerotool::commands {
namespace {

struct ConvertOptions : cli::ConversionOptions {
  std::string to;
};

cli::Settings<ConvertOptions> settings() {
  using enum Option::Argument;
  cli::Settings<ConvertOptions> all;
  cli::append(all, cli::reading_settings());
  all.push_back({{"to", 0, required, "FORMAT", "write this format (default: as the extension says)",
                  tasks::writable_formats()},
                 cli::sets(&ConvertOptions::to)});
  all.emplace_back(cli::sha256_setting());
  all.emplace_back(cli::dry_run_setting());
  all.emplace_back(cli::json_of_result_setting());
  cli::append(all, cli::write_settings(tasks::write_options()));
  cli::append(all, cli::plan_settings());
  all.emplace_back(cli::full_setting());
  return all;
}

tasks::Target target_of(const ConvertOptions& options) {
  cli::require_operands(options, 2, "INPUT or OUTPUT");
  return tasks::target_of(options.operands.back(), options.to, options.write);
}

int run(const ConvertOptions& options) {
  return cli::run_conversion(options, target_of(options));
}

tasks::ConvertRequest request_of(const ConvertOptions& options) {
  return cli::conversion_request(options, target_of(options));
}

}  // namespace

const cli::Command& convert_command() {
  static const cli::Command command = cli::planned<ConvertOptions, settings, run, request_of>(
      "convert", "Convert models to another format, or combine them", "INPUT... OUTPUT");
  return command;
}

}  // namespace aerotool::commands
