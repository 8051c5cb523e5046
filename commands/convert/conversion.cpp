#include "commands/convert/conversion.hpp"

#include <chrono>
#include <cstdio>

#include "cli/progress_bar.hpp"
#include "cli/terminal.hpp"
#include "commands/convert/overwriting.hpp"
#include "commands/convert/plan_text.hpp"
#include "commands/convert/sources.hpp"
#include "core/text.hpp"
#include "io/output.hpp"

namespace aerotool::commands {
namespace {

void write_file(const std::string& path, FileDraft& draft, io::Progress* progress) {
  io::Output output = path == "-" ? io::Output::to_stdout() : io::Output::to_path(path);
  draft.write(output, progress);
  output.commit();
}

}  // namespace

int run_conversion(const cli::Arguments& arguments, const Target& target) {
  const Sources sources = open_sources(arguments);
  const Plan& plan = sources.plan;
  const auto file = target.writer != nullptr ? target.writer->draft(plan) : nullptr;
  const auto set = target.set_writer != nullptr ? target.set_writer->draft(plan) : nullptr;
  const PlanSummary summary = file ? file->summary() : set->summary();
  const ExistingFiles existing = set ? set->existing(target.path, !arguments.has("force")) : ExistingFiles{};
  if (arguments.has("dry-run")) print_plan(target.path, plan, summary, existing);
  if (set) {
    require_replaceable(target.path, plan, existing, arguments.has("force"));
  } else if (target.path != "-") {
    require_no_input(target.path, plan);
  }
  if (arguments.has("dry-run")) return 0;
  tell_what_is_not_kept(arguments, target.path, summary);
  if (set && !arguments.has("quiet")) {
    const auto others = other_models_in(target.path, *target.set_writer, summary.files, existing);
    if (!others.empty())
      cli::complain("note: " + escape_controls(target.path) +
                    ": other models stay there: " + listed(others, 3));
  }
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t bytes = 0;
  SetResult result;
  {
    cli::ProgressBar bar(arguments);
    if (file) {
      write_file(target.path, *file, bar.progress());
    } else {
      result = set->write(target.path, bar.progress());
    }
    bytes = bar.progress()->done;
  }
  if (arguments.has("quiet")) return 0;
  if (!result.kept.empty()) {
    cli::complain(escape_controls(target.path) + ": kept " + std::to_string(result.kept.size()) + " of " +
                  plural(result.kept.size() + result.written.size(), "file") + " (already complete)");
  }
  if (cli::stderr_is_terminal()) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::fprintf(stderr, "%s: %s, %s in %.1f s\n", escape_controls(target.path).c_str(),
                 plural(plan.tensors.size(), "tensor").c_str(), human_size(bytes).c_str(), seconds);
  }
  return 0;
}

}  // namespace aerotool::commands
