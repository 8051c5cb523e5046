// aerotool convert: any readable format to any writable one.
#include <chrono>
#include <cstdio>

#include "cli/command.hpp"
#include "cli/models.hpp"
#include "cli/progress_bar.hpp"
#include "cli/terminal.hpp"
#include "commands/convert/plan_text.hpp"
#include "commands/convert/sources.hpp"
#include "commands/convert/target.hpp"
#include "commands/convert/write_options.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "io/output.hpp"

namespace aerotool::commands {
namespace {

std::vector<cli::Option> options() {
  using enum cli::Option::Argument;
  std::vector<cli::Option> all = {
      cli::from_option(),
      {"to", 0, required, "FORMAT", "write this format (default: as the extension says)", writable_formats()},
      {"dry-run", 'n', none, "", "print what would be written, and write nothing", {}}};
  const auto more = write_options();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void write(const Target& target, const Plan& plan, io::Progress* progress) {
  if (target.set_writer != nullptr) {
    target.set_writer->write(plan, target.path, progress);
    return;
  }
  io::Output output = target.path == "-" ? io::Output::to_stdout() : io::Output::to_path(target.path);
  target.writer->write(plan, output, progress);
  output.commit();
}

int run(const cli::Arguments& arguments) {
  if (arguments.operands().size() < 2) throw UsageError("which input, and which output?");
  const Target target = target_of(arguments, arguments.operands().back());
  const Sources sources = open_sources(arguments);
  const Plan& plan = sources.plan;
  if (arguments.has("dry-run")) {
    print_plan(target.path, plan, target.preview(plan));
    return 0;
  }
  const bool wants_all = arguments.has("verbose") && !arguments.has("quiet");
  tell_what_is_not_kept(arguments, target.losses(plan),
                        wants_all ? target.preview(plan).dropped : std::vector<std::string>{});
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t bytes = 0;
  {
    cli::ProgressBar bar(arguments);
    write(target, plan, bar.progress());
    bytes = bar.progress()->done;
  }
  if (cli::stderr_is_terminal() && !arguments.has("quiet")) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::fprintf(stderr, "%s: %s, %s in %.1f s\n", escape_controls(target.path).c_str(),
                 plural(plan.tensors.size(), "tensor").c_str(), human_size(bytes).c_str(), seconds);
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
