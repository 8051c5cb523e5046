#include "cli/plan_text.hpp"

#include <optional>

#include "cli/table.hpp"
#include "cli/text_out.hpp"
#include "core/text.hpp"
#include "io/output.hpp"
#include "transfer/carried.hpp"

namespace aerotool::cli {
namespace {

/// Of the file system that `output` lies on, or will lie on.
std::optional<std::uint64_t> room_at(std::string output) {
  while (output.size() > 1 && output.ends_with('/')) output.pop_back();
  return io::free_space(output);
}

}  // namespace

void print_plan(const std::string& output, const Plan& plan, const PlanSummary& summary,
                const ExistingFiles& existing) {
  // Where each file is one shard there is nothing to tell of shards.
  const bool in_files = summary.shards.empty() && !summary.files.empty();
  TextOut out;
  out.line(escape_controls(output) + ": " + plural(plan.tensors.size(), "tensor") + " in " +
           (in_files ? plural(summary.files.size(), "file") : plural(summary.shards.size(), "shard")) + ", " +
           human_size(summary.total_bytes) + " (" + with_thousands(summary.total_bytes) + " bytes" +
           (summary.total_is_bound ? " at most)" : ")"));
  using enum Table::Align;
  Table table({left, right, right});
  for (const PlannedFile& file : summary.files) {
    table.row(
        {escape_controls(file.name), human_size(file.bytes),
         (in_files ? std::string() : plural(file.shards, "shard") + ", ") + plural(file.tensors, "tensor")});
  }
  for (const Shard& shard : summary.shards) {
    table.row({shard.name, human_size(shard.size), plural(shard.tensor_count, "tensor")});
  }
  table.print(out, "  ");
  if (summary.keeps_side_files && !plan.side_files.empty()) {
    out.line("  " + side_files_text(plan.side_files) + ", " + human_size(total_size(plan.side_files)));
  }
  for (const PlannedTensor& planned : plan.tensors) {
    if (!planned.is_renamed()) continue;
    out.line("  renames: " + escape_controls(planned.model->tensors()[planned.index].name) + " -> " +
             escape_controls(planned.tensor().name));
  }
  if (!plan.models.empty()) {
    const NameKeys names = name_keys(has_typed_names(plan.models.front()->source()));
    if (plan.edits.name) out.line("  sets: " + std::string(names.name));
    if (plan.edits.architecture) out.line("  sets: " + std::string(names.architecture));
  }
  for (const auto& [key, value] : plan.edits.metadata.set) out.line("  sets: " + escape_controls(key));
  for (const std::string& key : plan.edits.metadata.unset) out.line("  unsets: " + escape_controls(key));
  for (const auto* lines : {&summary.lost, &summary.dropped}) {
    for (const std::string& line : *lines) out.line("  not kept: " + line);
  }
  for (const std::string& line : summary.warnings) out.line("  warning: " + line);
  for (const std::string& name : existing.replaced) out.line("  replaces: " + escape_controls(name));
  for (const std::string& name : existing.other_side_files) out.line("  replaces: " + escape_controls(name));
  for (const std::string& name : existing.removed) out.line("  removes: " + escape_controls(name));
  if (const auto free = room_at(output)) out.line("  free space: " + human_size(*free));
  out.finish();
}

}  // namespace aerotool::cli
