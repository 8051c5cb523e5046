#include "commands/convert/plan_text.hpp"

#include "cli/table.hpp"
#include "cli/text_out.hpp"
#include "core/text.hpp"
#include "io/output.hpp"

namespace aerotool::commands {

void print_plan(const std::string& output, const Plan& plan, const PlanSummary& summary) {
  cli::TextOut out;
  out.line(escape_controls(output) + ": " + plural(plan.tensors.size(), "tensor") + " in " +
           plural(summary.shards.size(), "shard") + ", " + human_size(summary.total_bytes) + " (" +
           with_thousands(summary.total_bytes) + " bytes" + (plan.options.tensor_hash ? " at most)" : ")"));
  using enum cli::Table::Align;
  cli::Table table({left, right, right});
  for (const PlannedFile& file : summary.files) {
    table.row({escape_controls(file.name), human_size(file.bytes),
               plural(file.shards, "shard") + ", " + plural(file.tensors, "tensor")});
  }
  for (const Shard& shard : summary.shards) {
    table.row({shard.name, human_size(shard.size), plural(shard.tensor_count, "tensor")});
  }
  table.print(out, "  ");
  for (const std::string& dropped : summary.dropped) out.line("  not kept: " + dropped);
  if (const auto free = io::free_space(output)) out.line("  free space: " + human_size(*free));
  out.finish();
}

}  // namespace aerotool::commands
