#include "transfer/headed_files.hpp"

#include <iterator>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "transfer/carried.hpp"
#include "transfer/weight_pass.hpp"

namespace aerotool {
namespace {

void stream_file(const Plan& plan, const HeadedFiles& files, io::Output& output, io::Progress* progress) {
  std::optional<WeightPass> pass(std::in_place, plan.models, files.layout, WantedDigests{}, plan.jobs);
  const bool checks = pass->computes() || plan.fill_in_texts;
  // The bytes that are streamed are held to those that were checked.
  if (checks)
    pass.emplace(plan.models, files.layout, WantedDigests{.shards = true, .tensors = false, .page_size = {}},
                 plan.jobs);
  if (progress != nullptr) progress->total += files.layout.shards.front().size + (checks ? pass->bytes() : 0);
  if (checks) pass->run(progress);
  if (plan.fill_in_texts) plan.fill_in_texts();
  const auto put = [&](ByteSpan bytes) { output.write(bytes); };
  files.files.front().put_head(put);
  pass->stream(0, plan.jobs, put, progress);
}

class HeadedFileDraft final : public FileDraft {
 public:
  HeadedFileDraft(const Plan& plan, HeadedFiles files) : plan_(plan), files_(std::move(files)) {}

  PlanSummary summary() const override { return summarize(files_); }

  void write(io::Output& output, io::Progress* progress) override {
    output.require_space(files_.total_size());
    if (output.seekable()) {
      WeightPass pass(plan_.models, files_.layout, {}, plan_.jobs);
      if (progress != nullptr) progress->total += pass.bytes();
      pass.copy_to(0, output, files_.files.front().head_size);
      pass.run(progress);
      if (plan_.fill_in_texts) plan_.fill_in_texts();
      files_.files.front().put_head([&](ByteSpan bytes) { output.write(bytes); });
    } else {
      stream_file(plan_, files_, output, progress);
    }
    for (const Model* model : plan_.models) model->require_unchanged();
  }

 private:
  const Plan& plan_;
  HeadedFiles files_;
};

}  // namespace

std::uint64_t HeadedFiles::total_size() const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < files.size(); ++i) total += size_of(i);
  return total;
}

PlannedShard& HeadedFiles::add_shard(std::vector<PlannedTensor> tensors) {
  PlannedShard& shard = layout.shards.emplace_back();
  shard.first = layout.tensors.size();
  shard.count = tensors.size();
  layout.tensors.insert(layout.tensors.end(), std::make_move_iterator(tensors.begin()),
                        std::make_move_iterator(tensors.end()));
  return shard;
}

void require_file_size(const Plan& plan, std::uint64_t size) {
  // A file's end as a signed 64-bit offset is the operating system's limit.
  constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 62;
  if (size <= kMaxBytes) return;
  throw UnsupportedError({plan.models.front()->path(), {}, {}}, "would take more than 2^62 bytes in a file");
}

PlanSummary summarize(const HeadedFiles& files) {
  PlanSummary summary;
  for (std::size_t i = 0; i < files.files.size(); ++i) {
    const HeadedFile& file = files.files[i];
    const PlannedShard& shard = files.layout.shards[i];
    if (file.name.empty()) {
      summary.shards.push_back({"data", {}, file.head_size, shard.size, shard.count});
    } else {
      summary.files.push_back({file.name, files.size_of(i), 1, shard.count});
    }
  }
  summary.total_bytes = files.total_size();
  summary.lost = files.lost;
  summary.dropped = files.dropped;
  summary.warnings = files.warnings;
  return summary;
}

std::unique_ptr<FileDraft> draft_of_file(const Plan& plan, HeadedFiles files) {
  for (std::string& line : lost_side_files(plan)) files.lost.push_back(std::move(line));
  return std::make_unique<HeadedFileDraft>(plan, std::move(files));
}

}  // namespace aerotool
