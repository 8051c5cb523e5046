#include "formats/aero/write/writer.hpp"

#include "formats/aero/write/file_builder.hpp"
#include "formats/aero/write/plan_shards.hpp"

namespace aerotool::aero {
namespace {

class AeroDraft final : public FileDraft {
 public:
  explicit AeroDraft(const Plan& plan)
      : plan_(plan),
        layout_(lay_out_tensors(plan)),
        content_(plan),
        file_(plan, layout_, content_, AeroFileBuilder::Role::whole, 0, layout_.shards.size()) {}

  PlanSummary summary() const override {
    PlanSummary summary;
    for (std::size_t i = 0; i < layout_.shards.size(); ++i) {
      summary.shards.push_back(
          {shard_name(i), {}, file_.shard_offset(i), layout_.shards[i].size, layout_.shards[i].count});
    }
    summary.total_bytes = file_.size_bound();
    summary.total_is_bound = hashes_tensors(plan_.options) || plan_.fill_in_texts;
    summary.lost = content_.lost();
    summary.keeps_side_files = true;
    summary.dropped = content_.dropped();
    return summary;
  }

  void write(io::Output& output, io::Progress* progress) override {
    output.require_space(file_.size_bound());
    WeightPass pass(plan_.models, layout_,
                    {.shards = true,
                     .tensors = hashes_tensors(plan_.options),
                     .page_size = plan_.options.get(page_hash())},
                    plan_.jobs);
    if (output.seekable()) {
      for (std::size_t i = 0; i < layout_.shards.size(); ++i) pass.copy_to(i, output, file_.shard_offset(i));
    }
    if (progress != nullptr) {
      progress->total += pass.bytes();
      if (!output.seekable()) {
        for (const PlannedShard& shard : layout_.shards) progress->total += shard.size;
      }
    }
    pass.run(progress);
    file_.finish(digests_of(pass));
    if (output.seekable()) {
      file_.put_around_weights(output);
    } else {
      const auto put = [&](ByteSpan bytes) { output.write(bytes); };
      file_.in_order(put, [&](std::size_t shard) { pass.stream(shard, plan_.jobs, put, progress); });
    }
    for (const Model* model : plan_.models) model->require_unchanged();
  }

 private:
  const Plan& plan_;
  TensorLayout layout_;
  PlanContent content_;
  AeroFileBuilder file_;
};

}  // namespace

std::unique_ptr<FileDraft> AeroWriter::draft(const Plan& plan) const {
  return std::make_unique<AeroDraft>(plan);
}

}  // namespace aerotool::aero
