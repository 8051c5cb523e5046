// aerotool pack-set: models to an AEROSET, a directory of parts that is published whole.
#include <cstdio>

#include "cli/command.hpp"
#include "cli/models.hpp"
#include "cli/numbers.hpp"
#include "cli/progress_bar.hpp"
#include "cli/terminal.hpp"
#include "commands/convert/plan_text.hpp"
#include "commands/convert/sources.hpp"
#include "commands/convert/write_options.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "registry.hpp"

namespace aerotool::commands {
namespace {

std::vector<cli::Option> options() {
  using enum cli::Option::Argument;
  std::vector<cli::Option> all = {
      cli::from_option(),
      {"max-part-shards", 0, required, "N", "at most this many shards in a part (default: 4)", {}},
      {"base-url", 0, required, "URL", "say in the index where the parts are published", {}},
      {"force", 'f', none, "", "build every file anew, also those that are whole already", {}},
      {"dry-run", 'n', none, "", "print what would be written, and write nothing", {}}};
  const auto more = write_options();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

const SetWriter& set_writer() {
  for (const Format* format : formats_named("aeroset")) {
    if (format->set_writer() != nullptr) return *format->set_writer();
  }
  throw UsageError("AEROSETs are not written by this build");
}

void apply_set_options(const cli::Arguments& arguments, WriteOptions& options) {
  if (arguments.has("max-part-shards")) {
    options.max_part_shards = cli::parse_count(arguments.get("max-part-shards"), "--max-part-shards");
    if (*options.max_part_shards == 0) throw UsageError("--max-part-shards takes at least 1");
  }
  if (arguments.has("base-url")) {
    options.base_url = arguments.get("base-url");
    if (options.base_url->empty() || !is_utf8(*options.base_url)) throw UsageError("--base-url takes a URL");
  }
  options.force = arguments.has("force");
}

int run(const cli::Arguments& arguments) {
  if (arguments.operands().size() < 2) throw UsageError("which input, and which directory?");
  const std::string& directory = arguments.operands().back();
  if (directory == "-") throw UsageError("a set is a directory of files; it cannot go to standard output");
  const SetWriter& writer = set_writer();
  Sources sources = open_sources(arguments);
  apply_set_options(arguments, sources.plan.options);
  if (arguments.has("dry-run")) {
    print_plan(directory, sources.plan, writer.preview(sources.plan));
    return 0;
  }
  SetResult result;
  {
    cli::ProgressBar bar(arguments);
    result = writer.write(sources.plan, directory, bar.progress());
  }
  if (!result.kept.empty() && !arguments.has("quiet")) {
    cli::complain(escape_controls(directory) + ": kept " + std::to_string(result.kept.size()) + " of " +
                  plural(result.kept.size() + result.written.size(), "file") + " that were whole already");
  }
  return 0;
}

}  // namespace

const cli::Command& pack_set_command() {
  static const cli::Command command = {
      "pack-set", "Pack models for release, as a set of AERO files", "INPUT... DIR", options, run, false};
  return command;
}

}  // namespace aerotool::commands
