#include "formats/ztensor/write/compressed_file.hpp"

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <span>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/parallel.hpp"
#include "formats/ztensor/write/encoded_part.hpp"
#include "hash/running_checksum.hpp"
#include "io/interrupt.hpp"
#include "io/seekable_zstd.hpp"
#include "io/zstd_encoder.hpp"

namespace aerotool::ztensor {
namespace {

/// The frames of a tensor; one that is empty counts as one.
std::uint64_t frames_of(std::uint64_t size) {
  return std::max<std::uint64_t>(1, (size + kFrameContent - 1) / kFrameContent);
}

std::span<const PlannedTensor> tensors_of(const TensorLayout& layout, std::size_t shard) {
  return std::span(layout.tensors).subspan(layout.shards[shard].first, layout.shards[shard].count);
}

struct Frame {
  std::vector<std::byte> content;
  std::vector<std::byte> encoded;  ///< empty where there is no content
};

class Writing {
 public:
  Writing(const Plan& plan, const Blobs& blobs, std::size_t shard, int level, const WeightPass& pass,
          const Put& sink, io::Progress* progress, std::vector<CompressedBlob>& written)
      : plan_(plan),
        tensors_(tensors_of(blobs.layout, shard)),
        first_(blobs.layout.shards[shard].first),
        level_(level),
        alignment_(blobs.begin),
        pass_(pass),
        sink_(sink),
        position_(blobs.begin),
        progress_(progress),
        written_(written) {
    std::uint64_t count = 0;
    for (const PlannedTensor& planned : tensors_) {
      first_frames_.push_back(count);
      count += frames_of(planned.tensor().size);
    }
    frame_count_ = count;
  }

  void run() {
    for_each_in_order(frame_count_, plan_.jobs, [this](std::size_t number) { return make(number); });
  }

  std::uint64_t end() const { return position_; }

 private:
  std::function<void()> make(std::size_t number) {
    io::check_interrupt();
    const auto after = std::ranges::upper_bound(first_frames_, number);
    const auto tensor = static_cast<std::size_t>(after - first_frames_.begin()) - 1;
    const PlannedTensor& planned = tensors_[tensor];
    const std::uint64_t begin = (number - first_frames_[tensor]) * kFrameContent;
    auto frame = std::make_shared<Frame>();
    frame->content.resize(std::min(kFrameContent, planned.tensor().size - begin));
    if (!frame->content.empty()) {
      planned.read(begin, frame->content);
      encode(*frame);
    }
    return [this, tensor, begin, frame] { put(tensor, begin, *frame); };
  }

  void encode(Frame& frame) const {
    const io::ReadAt read = [&](std::uint64_t offset, std::span<std::byte> out) {
      std::ranges::copy(std::span(frame.content).subspan(offset, out.size()), out.begin());
    };
    io::ZstdFrameEncoder encoder(read, 0, frame.content.size(), {.level = level_, .checksum = true});
    frame.encoded.resize(ZSTD_compressBound(frame.content.size()) + ZSTD_BLOCKSIZE_MAX);
    frame.encoded.resize(encoder.next(frame.encoded));
  }

  void put(std::size_t tensor, std::uint64_t begin, const Frame& frame) {
    if (begin == 0) {
      const std::uint64_t offset = align_up(position_, alignment_);
      append(std::vector<std::byte>(offset - position_));
      written_.push_back({.offset = offset});
      sizes_.clear();
      checksum_ = std::make_unique<hash::RunningChecksum>(pass_.tensor_checksum(first_ + tensor).algorithm);
    }
    if (!frame.content.empty()) {
      append(frame.encoded);
      checksum_->add(frame.content);
      sizes_.push_back(static_cast<std::uint32_t>(frame.encoded.size()));
      sizes_.push_back(static_cast<std::uint32_t>(frame.content.size()));
      if (progress_ != nullptr) progress_->done += frame.content.size();
    }
    if (begin + frame.content.size() < tensors_[tensor].tensor().size) return;
    append(bytes_of(io::render_seek_table(sizes_)));
    written_.back().length = position_ - written_.back().offset;
    if (checksum_->finish().value != pass_.tensor_checksum(first_ + tensor).value)
      throw IoError({tensors_[tensor].path(), {}, {}}, "changed while it was read");
  }

  void append(ByteSpan bytes) {
    if (!bytes.empty()) sink_(bytes);
    position_ += bytes.size();
  }

  const Plan& plan_;
  std::span<const PlannedTensor> tensors_;  // of the shard
  std::size_t first_;                       // of them in the layout
  int level_;
  std::uint64_t alignment_;
  const WeightPass& pass_;
  const Put& sink_;
  std::uint64_t position_;
  io::Progress* progress_;
  std::vector<std::uint64_t> first_frames_;  // of each tensor
  std::uint64_t frame_count_ = 0;
  // Of the tensor that is being written.
  std::vector<std::uint32_t> sizes_;
  std::unique_ptr<hash::RunningChecksum> checksum_;
  std::vector<CompressedBlob>& written_;
};

}  // namespace

std::uint64_t compressed_bound(const Blobs& blobs, std::size_t shard) {
  constexpr std::uint64_t kTable = 64;
  std::uint64_t bound = 0;
  for (const PlannedTensor& planned : tensors_of(blobs.layout, shard)) {
    const std::uint64_t size = planned.tensor().size;
    bound += blobs.begin + size + size / 128 + frames_of(size) * 128 + kTable;
  }
  return bound;
}

std::uint64_t write_compressed(const Plan& plan, const Blobs& blobs, std::size_t shard, int level,
                               const WeightPass& pass, const Put& sink, io::Progress* progress,
                               std::vector<CompressedBlob>& written) {
  Writing writing(plan, blobs, shard, level, pass, sink, progress, written);
  writing.run();
  return writing.end();
}

}  // namespace aerotool::ztensor
