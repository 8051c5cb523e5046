#include "io/zstd_encoder.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

#include "core/bytes.hpp"
#include "io/seekable_zstd.hpp"

namespace aerotool::io {
namespace {

constexpr std::uint64_t kReadAtOnce = std::uint64_t{128} << 10;

}  // namespace

ZstdFrameEncoder::ZstdFrameEncoder(ReadAt read, std::uint64_t begin, std::uint64_t size, Settings settings)
    : read_(std::move(read)), position_(begin), end_(begin + size), context_(ZSTD_createCCtx()) {
  if (!context_) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, settings.level);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, settings.checksum ? 1 : 0);
}

std::size_t ZstdFrameEncoder::next(std::span<std::byte> out) {
  ZSTD_outBuffer destination = {out.data(), out.size(), 0};
  while (destination.pos < destination.size && !is_finished_) {
    if (taken_ == block_.size() && position_ < end_) {
      block_.resize(std::min(end_ - position_, kReadAtOnce));
      read_(position_, block_);
      position_ += block_.size();
      taken_ = 0;
    }
    // The end is told apart from the last bytes: with them, libzstd would write the size of the content.
    const bool is_end = taken_ == block_.size();
    ZSTD_inBuffer in = {block_.data(), block_.size(), taken_};
    const std::size_t left =
        ZSTD_compressStream2(context_.get(), &destination, &in, is_end ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left) != 0) throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(left));
    taken_ = in.pos;
    is_finished_ = is_end && left == 0;
  }
  return destination.pos;
}

SeekableZstdEncoder::SeekableZstdEncoder(ReadAt read, std::uint64_t size, std::uint64_t chunk, int level)
    : read_(std::move(read)), size_(size), chunk_(chunk), level_(level) {}

void SeekableZstdEncoder::begin_frame() {
  const std::uint64_t length = std::min(chunk_, size_ - position_);
  frame_ = std::make_unique<ZstdFrameEncoder>(read_, position_, length,
                                              ZstdFrameEncoder::Settings{.level = level_, .checksum = true});
  frame_size_ = 0;
}

std::size_t SeekableZstdEncoder::next(std::span<std::byte> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    if (!frame_ && position_ < size_) begin_frame();
    if (!frame_) {
      if (table_.empty()) table_ = render_seek_table(sizes_);
      const auto rest = bytes_of(table_).subspan(table_position_);
      const auto piece = rest.first(std::min(rest.size(), out.size() - filled));
      std::ranges::copy(piece, out.begin() + static_cast<std::ptrdiff_t>(filled));
      table_position_ += piece.size();
      return filled + piece.size();
    }
    const auto rest = out.subspan(filled);
    const std::size_t count = frame_->next(rest);
    filled += count;
    frame_size_ += count;
    if (count == rest.size()) continue;
    const std::uint64_t length = std::min(chunk_, size_ - position_);
    sizes_.push_back(static_cast<std::uint32_t>(frame_size_));
    sizes_.push_back(static_cast<std::uint32_t>(length));
    position_ += length;
    frame_.reset();
  }
  return filled;
}

}  // namespace aerotool::io
