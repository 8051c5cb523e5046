// aerotool convert: any readable format to any writable one.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "cli/command.hpp"
#include "cli/models.hpp"
#include "cli/progress_bar.hpp"
#include "cli/terminal.hpp"
#include "commands/convert/plan_text.hpp"
#include "commands/convert/sources.hpp"
#include "commands/convert/write_options.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "io/output.hpp"
#include "registry.hpp"

namespace aerotool::commands {
namespace {

std::vector<cli::Option> options() {
  using enum cli::Option::Argument;
  std::vector<cli::Option> all = {
      cli::from_option(),
      {"to", 0, required, "FORMAT", "write this format (default: as the extension says)", {}},
      {"dry-run", 'n', none, "", "print what would be written, and write nothing", {}}};
  for (const Format* format : formats()) {
    if (format->writer() != nullptr) all[1].choices.emplace_back(format->name());
  }
  const auto more = write_options();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

const Writer& writer_for(const cli::Arguments& arguments, const std::string& output) {
  const std::string to = arguments.get("to");
  if (to.empty() && output == "-") throw UsageError("--to says which format standard output shall have");
  const Format* format = to.empty() ? format_of_extension(output) : formats_named(to).front();
  if (format == nullptr) {
    throw UsageError(
        describe({output.empty() ? "''" : output, {}, {}}, "its extension names no format; --to does"));
  }
  if (format->writer() == nullptr) {
    throw UsageError(describe({output, {}, {}}, std::string(format->name()) + " is read, not written"));
  }
  return *format->writer();
}

int run(const cli::Arguments& arguments) {
  if (arguments.operands().size() < 2) throw UsageError("which input, and which output?");
  const std::string& target = arguments.operands().back();
  const Writer& writer = writer_for(arguments, target);
  const Sources sources = open_sources(arguments);
  if (arguments.has("dry-run")) {
    print_plan(target, sources.plan, writer.preview(sources.plan));
    return 0;
  }
  if (arguments.has("verbose") && !arguments.has("quiet")) {
    for (const std::string& dropped : writer.preview(sources.plan).dropped)
      cli::complain("not kept: " + dropped);
  }
  const auto begin = std::chrono::steady_clock::now();
  io::Output output = target == "-" ? io::Output::to_stdout() : io::Output::to_path(target);
  std::uint64_t bytes = 0;
  {
    cli::ProgressBar bar(arguments);
    writer.write(sources.plan, output, bar.progress());
    output.commit();
    bytes = bar.progress()->done;
  }
  if (cli::stderr_is_terminal() && !arguments.has("quiet")) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::fprintf(stderr, "%s: %s, %s in %.1f s\n", escape_controls(target).c_str(),
                 plural(sources.plan.tensors.size(), "tensor").c_str(), human_size(bytes).c_str(), seconds);
  }
  return 0;
}

}  // namespace

const cli::Command& convert_command() {
  static const cli::Command command = {
      "convert", "Convert models to another format, or unite them", "INPUT... OUTPUT", options, run, false};
  return command;
}

}  // namespace aerotool::commands
