#include "commands/convert/conversion.hpp"

#include <chrono>
#include <cstdio>

#include "cli/progress_bar.hpp"
#include "cli/terminal.hpp"
#include "commands/convert/plan_text.hpp"
#include "commands/convert/sources.hpp"
#include "core/text.hpp"
#include "io/output.hpp"

namespace aerotool::commands {
namespace {

SetResult write(const Target& target, const Plan& plan, io::Progress* progress) {
  if (target.set_writer != nullptr) return target.set_writer->write(plan, target.path, progress);
  io::Output output = target.path == "-" ? io::Output::to_stdout() : io::Output::to_path(target.path);
  target.writer->write(plan, output, progress);
  output.commit();
  return {};
}

}  // namespace

int run_conversion(const cli::Arguments& arguments, const Target& target) {
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
  SetResult result;
  {
    cli::ProgressBar bar(arguments);
    result = write(target, plan, bar.progress());
    bytes = bar.progress()->done;
  }
  if (arguments.has("quiet")) return 0;
  if (!result.kept.empty()) {
    cli::complain(escape_controls(target.path) + ": kept " + std::to_string(result.kept.size()) + " of " +
                  plural(result.kept.size() + result.written.size(), "file") + " that were whole already");
  }
  if (cli::stderr_is_terminal()) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::fprintf(stderr, "%s: %s, %s in %.1f s\n", escape_controls(target.path).c_str(),
                 plural(plan.tensors.size(), "tensor").c_str(), human_size(bytes).c_str(), seconds);
  }
  return 0;
}

}  // namespace aerotool::commands
