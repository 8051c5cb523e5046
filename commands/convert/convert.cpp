// aerotool convert: any readable format to any writable one.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "cli/command.hpp"
#include "cli/models.hpp"
#include "cli/progress_bar.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/text_out.hpp"
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

/// The models that a plan refers to live as long as this.
struct Sources {
  std::vector<std::unique_ptr<Model>> models;
  Plan plan;
};

void select_tensors(const cli::Arguments& arguments, Sources& sources) {
  const auto include = arguments.all("include");
  const auto exclude = arguments.all("exclude");
  auto& tensors = sources.plan.tensors;
  bool any = false;
  for (const auto& model : sources.models) {
    for (std::size_t i = 0; i < model->tensors().size(); ++i) {
      const std::string& name = model->tensors()[i].name;
      any = true;
      if (!include.empty() && !cli::matches_any(include, name)) continue;
      if (cli::matches_any(exclude, name)) continue;
      tensors.push_back({model.get(), i});
    }
  }
  if (any && tensors.empty()) throw UsageError("--include and --exclude leave no tensor");
  std::sort(tensors.begin(), tensors.end(),
            [](const PlannedTensor& a, const PlannedTensor& b) { return a.tensor().name < b.tensor().name; });
  for (std::size_t i = 1; i < tensors.size(); ++i) {
    if (tensors[i - 1].tensor().name != tensors[i].tensor().name) continue;
    throw UsageError(describe({{}, {}, tensors[i].tensor().name},
                              "is in both " + escape_controls(tensors[i - 1].model->path()) + " and " +
                                  escape_controls(tensors[i].model->path())));
  }
  sources.plan.whole = sources.models.size() == 1 && include.empty() && exclude.empty() &&
                       !arguments.has("name") && !arguments.has("architecture") && !arguments.has("align");
}

Sources open_sources(const cli::Arguments& arguments) {
  Sources sources;
  const auto& operands = arguments.operands();
  if (std::count(operands.begin(), operands.end() - 1, "-") > 1)
    throw UsageError("standard input can be read once");
  for (std::size_t i = 0; i + 1 < operands.size(); ++i) {
    sources.models.push_back(cli::open(arguments, operands[i]));
    sources.plan.models.push_back(sources.models.back().get());
    const bool lost = i != 0 && !sources.models.back()->metadata().entries.empty();
    if (lost && !arguments.has("quiet")) {
      cli::complain("warning: " +
                    describe({operands[i], {}, {}}, "its metadata is not kept, the first input's is"));
    }
  }
  select_tensors(arguments, sources);
  apply_write_options(arguments, sources.plan);
  return sources;
}

void print_plan(const std::string& output, const Plan& plan, const PlanSummary& summary) {
  cli::TextOut out;
  out.line(escape_controls(output) + ": " + plural(plan.tensors.size(), "tensor") + " in " +
           plural(summary.shards.size(), "shard") + ", " + human_size(summary.total_bytes) + " (" +
           with_thousands(summary.total_bytes) + " bytes" + (plan.options.tensor_hash ? " at most)" : ")"));
  using enum cli::Table::Align;
  cli::Table table({left, right, right});
  for (const Shard& shard : summary.shards) {
    table.row({shard.name, human_size(shard.size), plural(shard.tensor_count, "tensor")});
  }
  table.print(out, "  ");
  for (const std::string& dropped : summary.dropped) out.line("  not kept: " + dropped);
  if (const auto free = io::free_space(output)) out.line("  free space: " + human_size(*free));
  out.finish();
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
