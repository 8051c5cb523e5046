#include "transfer/archive_draft.hpp"

#include <algorithm>
#include <utility>

#include "transfer/carried.hpp"
#include "transfer/weight_pass.hpp"

namespace aerotool {
namespace {

/// Puts the heads between the data of tensors, which come in order with zeros in the places of heads.
class ArchiveStream {
 public:
  ArchiveStream(const ArchiveLayout& archive, ArchiveLayout::Crc crc_of, io::Output& output)
      : archive_(archive), crc_of_(std::move(crc_of)), output_(output) {}

  void write(ByteSpan bytes) {
    const TensorLayout& layout = archive_.layout();
    while (!bytes.empty()) {
      // Of the tensor that begins behind here, or of the last one.
      while (next_ < layout.tensors.size() && position_ >= layout.offsets[next_]) ++next_;
      const bool is_in_head = next_ < layout.tensors.size() && position_ >= archive_.head_begin(next_);
      std::uint64_t end = position_ + bytes.size();
      if (next_ < layout.tensors.size())
        end = std::min(end, is_in_head ? layout.offsets[next_] : archive_.head_begin(next_));
      const auto length = static_cast<std::size_t>(end - position_);
      if (is_in_head) {
        const std::string head = archive_.head(next_, crc_of_(next_));
        output_.write(bytes_of(head).subspan(position_ - archive_.head_begin(next_), length));
      } else {
        output_.write(bytes.first(length));
      }
      position_ = end;
      bytes = bytes.subspan(length);
    }
  }

 private:
  const ArchiveLayout& archive_;
  ArchiveLayout::Crc crc_of_;
  io::Output& output_;
  std::uint64_t position_ = 0;
  std::size_t next_ = 0;
};

class ArchiveDraft final : public FileDraft {
 public:
  ArchiveDraft(const Plan& plan, TensorArchive archive)
      : plan_(plan), archive_(plan, std::move(archive.content)), told_(std::move(archive)) {}

  PlanSummary summary() const override {
    PlanSummary summary;
    const TensorLayout& layout = archive_.layout();
    summary.shards.push_back(
        {"data", {}, archive_.begin(), layout.shards.front().size, layout.tensors.size()});
    summary.total_bytes = archive_.size();
    summary.lost = told_.lost;
    summary.dropped = told_.dropped;
    summary.warnings = told_.warnings;
    return summary;
  }

  void write(io::Output& output, io::Progress* progress) override {
    output.require_space(archive_.size());
    const bool is_file = output.seekable();
    // The bytes that are streamed are held to those that were gone through.
    WeightPass pass(
        plan_.models, archive_.layout(),
        {.shards = !is_file, .tensors = false, .page_size = {}, .checksums = hash::Algorithm::crc32},
        plan_.jobs);
    if (progress != nullptr) progress->total += pass.bytes() + (is_file ? 0 : archive_.directory());
    if (is_file) pass.copy_to(0, output, archive_.begin());
    pass.run(progress);
    if (plan_.fill_in_texts) plan_.fill_in_texts();
    const auto crc_of = [&](std::size_t tensor) {
      return static_cast<std::uint32_t>(hash::number_of(pass.tensor_checksum(tensor)));
    };
    if (is_file) {
      put_around(crc_of, output);
    } else {
      const auto put = [&](ByteSpan bytes) { output.write(bytes); };
      archive_.put_files(put);
      ArchiveStream stream(archive_, crc_of, output);
      pass.stream(
          0, plan_.jobs, [&](ByteSpan bytes) { stream.write(bytes); }, progress);
      archive_.put_directory(crc_of, put);
    }
    for (const Model* model : plan_.models) model->require_unchanged();
  }

 private:
  void put_around(const ArchiveLayout::Crc& crc_of, io::Output& output) {
    std::uint64_t end = 0;
    const auto put = [&](ByteSpan bytes) {
      output.write_at(end, bytes);
      end += bytes.size();
    };
    archive_.put_files(put);
    for (std::size_t i = 0; i < archive_.layout().tensors.size(); ++i)
      output.write_at(archive_.begin() + archive_.head_begin(i), bytes_of(archive_.head(i, crc_of(i))));
    end = archive_.directory();
    archive_.put_directory(crc_of, put);
  }

  const Plan& plan_;
  ArchiveLayout archive_;
  TensorArchive told_;  // without its content
};

}  // namespace

std::unique_ptr<FileDraft> draft_of_archive(const Plan& plan, TensorArchive archive) {
  for (std::string& line : lost_side_files(plan)) archive.lost.push_back(std::move(line));
  return std::make_unique<ArchiveDraft>(plan, std::move(archive));
}

}  // namespace aerotool
