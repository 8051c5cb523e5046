#include "formats/ztensor/write/compressed_file.hpp"

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <utility>

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

struct Frame {
  std::vector<std::byte> content;
  std::vector<std::byte> encoded;  ///< empty where there is no content
};

class Writing {
 public:
  Writing(const Plan& plan, const Blobs& blobs, int level, std::uint64_t alignment, const WeightPass& pass,
          io::Output& output, std::uint64_t begin, io::Progress* progress)
      : plan_(plan),
        layout_(blobs.layout),
        level_(level),
        alignment_(alignment),
        pass_(pass),
        output_(output),
        position_(begin),
        progress_(progress),
        written_(layout_.tensors.size()) {
    std::uint64_t count = 0;
    for (const PlannedTensor& planned : layout_.tensors) {
      first_frames_.push_back(count);
      count += frames_of(planned.tensor().size);
    }
    frame_count_ = count;
  }

  void run() {
    for_each_in_order(frame_count_, plan_.jobs, [this](std::size_t number) { return make(number); });
  }

  std::vector<CompressedBlob> blobs() { return std::move(written_); }
  std::uint64_t end() const { return position_; }

 private:
  std::function<void()> make(std::size_t number) {
    io::check_interrupt();
    const auto after = std::ranges::upper_bound(first_frames_, number);
    const auto tensor = static_cast<std::size_t>(after - first_frames_.begin()) - 1;
    const PlannedTensor& planned = layout_.tensors[tensor];
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
      written_[tensor].offset = offset;
      sizes_.clear();
      checksum_ = std::make_unique<hash::RunningChecksum>(pass_.tensor_checksum(tensor).algorithm);
    }
    if (!frame.content.empty()) {
      append(frame.encoded);
      checksum_->add(frame.content);
      sizes_.push_back(static_cast<std::uint32_t>(frame.encoded.size()));
      sizes_.push_back(static_cast<std::uint32_t>(frame.content.size()));
      if (progress_ != nullptr) progress_->done += frame.content.size();
    }
    if (begin + frame.content.size() < layout_.tensors[tensor].tensor().size) return;
    append(bytes_of(io::render_seek_table(sizes_)));
    written_[tensor].length = position_ - written_[tensor].offset;
    if (checksum_->finish().value != pass_.tensor_checksum(tensor).value)
      throw IoError({layout_.tensors[tensor].path(), {}, {}}, "changed while it was read");
  }

  void append(ByteSpan bytes) {
    if (!bytes.empty()) output_.write(bytes);
    position_ += bytes.size();
  }

  const Plan& plan_;
  const TensorLayout& layout_;
  int level_;
  std::uint64_t alignment_;
  const WeightPass& pass_;
  io::Output& output_;
  std::uint64_t position_;
  io::Progress* progress_;
  std::vector<std::uint64_t> first_frames_;  // of each tensor
  std::uint64_t frame_count_ = 0;
  // Of the tensor that is being written.
  std::vector<std::uint32_t> sizes_;
  std::unique_ptr<hash::RunningChecksum> checksum_;
  std::vector<CompressedBlob> written_;
};

}  // namespace

std::uint64_t compressed_bound(const Blobs& blobs, std::uint64_t alignment) {
  constexpr std::uint64_t kTable = 64;
  std::uint64_t bound = 0;
  for (const PlannedTensor& planned : blobs.layout.tensors) {
    const std::uint64_t size = planned.tensor().size;
    bound += alignment + size + size / 128 + frames_of(size) * 128 + kTable;
  }
  return bound;
}

std::vector<CompressedBlob> write_compressed(const Plan& plan, const Blobs& blobs, int level,
                                             std::uint64_t alignment, const WeightPass& pass,
                                             io::Output& output, std::uint64_t& end, io::Progress* progress) {
  Writing writing(plan, blobs, level, alignment, pass, output, end, progress);
  writing.run();
  end = writing.end();
  return writing.blobs();
}

}  // namespace aerotool::ztensor
