#include "formats/npz/writer.hpp"

#include <algorithm>
#include <utility>

#include "formats/npy/plan_content.hpp"
#include "formats/npz/written_archive.hpp"
#include "transfer/carried.hpp"
#include "transfer/weight_pass.hpp"

namespace aerotool::npz {
namespace {

/// Puts the heads between the data of arrays, which come in order with zeros in the places of heads.
class ArchiveStream {
 public:
  using Crc = std::function<std::uint32_t(std::size_t tensor)>;
  ArchiveStream(const WrittenArchive& archive, Crc crc_of, io::Output& output)
      : archive_(archive), crc_of_(std::move(crc_of)), output_(output) {}

  void write(ByteSpan bytes) {
    const TensorLayout& layout = archive_.layout();
    while (!bytes.empty()) {
      // Of the array that begins behind here, or of the last one.
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
  const WrittenArchive& archive_;
  Crc crc_of_;
  io::Output& output_;
  std::uint64_t position_ = 0;
  std::size_t next_ = 0;
};

class ArchiveDraft final : public FileDraft {
 public:
  ArchiveDraft(const Plan& plan, npy::Content content)
      : plan_(plan), archive_(plan, std::move(content.tensors)), content_(std::move(content)) {}

  PlanSummary summary() const override {
    PlanSummary summary;
    summary.shards.push_back({"data", {}, 0, archive_.directory(), archive_.layout().tensors.size()});
    summary.total_bytes = archive_.size();
    summary.lost = content_.lost;
    summary.dropped = content_.dropped;
    summary.warnings = content_.warnings;
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
    if (is_file) pass.copy_to(0, output, 0);
    pass.run(progress);
    if (plan_.fill_in_texts) plan_.fill_in_texts();
    const auto crc_of = [&](std::size_t tensor) {
      return static_cast<std::uint32_t>(hash::number_of(pass.tensor_checksum(tensor)));
    };
    if (is_file) {
      put_heads(crc_of, output);
    } else {
      ArchiveStream stream(archive_, crc_of, output);
      pass.stream(
          0, plan_.jobs, [&](ByteSpan bytes) { stream.write(bytes); }, progress);
      archive_.put_directory(crc_of, [&](ByteSpan bytes) { output.write(bytes); });
    }
    for (const Model* model : plan_.models) model->require_unchanged();
  }

 private:
  void put_heads(const ArchiveStream::Crc& crc_of, io::Output& output) const {
    for (std::size_t i = 0; i < archive_.layout().tensors.size(); ++i)
      output.write_at(archive_.head_begin(i), bytes_of(archive_.head(i, crc_of(i))));
    std::uint64_t end = archive_.directory();
    archive_.put_directory(crc_of, [&](ByteSpan bytes) {
      output.write_at(end, bytes);
      end += bytes.size();
    });
  }

  const Plan& plan_;
  WrittenArchive archive_;
  npy::Content content_;  // without its tensors
};

}  // namespace

std::unique_ptr<FileDraft> NpzWriter::draft(const Plan& plan) const {
  npy::Content content = npy::content_of(plan, "npz");
  for (std::string& line : lost_side_files(plan)) content.lost.push_back(std::move(line));
  return std::make_unique<ArchiveDraft>(plan, std::move(content));
}

}  // namespace aerotool::npz
