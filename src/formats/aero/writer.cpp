#include "formats/aero/writer.hpp"

#include "formats/aero/assembly.hpp"
#include "formats/aero/shards.hpp"

namespace aerotool::aero {

PlanSummary AeroWriter::preview(const Plan& plan) const {
  const TensorLayout layout = lay_out_tensors(plan);
  const PlanContent content(plan);
  const Assembly file(plan, layout, content, Assembly::Role::whole, 0, layout.shards.size());
  PlanSummary summary;
  for (std::size_t i = 0; i < layout.shards.size(); ++i) {
    summary.shards.push_back(
        {shard_name(i), {}, file.shard_offset(i), layout.shards[i].size, layout.shards[i].count});
  }
  summary.total_bytes = file.size_bound();
  summary.dropped = content.dropped();
  return summary;
}

void AeroWriter::write(const Plan& plan, io::Output& output, io::Progress* progress) const {
  const TensorLayout layout = lay_out_tensors(plan);
  const PlanContent content(plan);
  Assembly file(plan, layout, content, Assembly::Role::whole, 0, layout.shards.size());
  output.require_space(file.size_bound());

  WeightPass pass(plan.models, layout,
                  {.shards = true, .tensors = plan.options.tensor_hash, .page_size = plan.options.page_hash},
                  plan.options.jobs);
  if (output.seekable()) {
    for (std::size_t i = 0; i < layout.shards.size(); ++i) pass.copy_to(i, output, file.shard_offset(i));
  }
  if (progress != nullptr) {
    progress->total += pass.bytes();
    if (!output.seekable()) {
      for (const PlannedShard& shard : layout.shards) progress->total += shard.size;
    }
  }
  pass.run(progress);
  file.finish(pass);
  if (output.seekable()) {
    file.put_around_weights(output);
  } else {
    const auto put = [&](ByteSpan bytes) { output.write(bytes); };
    file.in_order(put, [&](std::size_t shard) { pass.stream(shard, plan.options.jobs, put, progress); });
  }
  for (const Model* model : plan.models) model->require_unchanged();
}

}  // namespace aerotool::aero
