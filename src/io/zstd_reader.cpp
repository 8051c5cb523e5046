#include "io/zstd_reader.hpp"

#include <new>
#include <string>

namespace aerotool::io {

SpareZstd::Context SpareZstd::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!contexts_.empty()) {
      Context context = std::move(contexts_.back());
      contexts_.pop_back();
      ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_and_parameters);
      return context;
    }
  }
  Context context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  return context;
}

void SpareZstd::give_back(Context context) {
  constexpr std::size_t kMaxSpare = 4;
  const std::lock_guard lock(mutex_);
  if (contexts_.size() < kMaxSpare) contexts_.push_back(std::move(context));
}

ZstdReader::ZstdReader(Source source, Frames frames, int window_log, std::shared_ptr<SpareZstd> spare)
    : source_(std::move(source)),
      frames_(frames),
      spare_(std::move(spare)),
      context_(spare_ ? spare_->take() : SpareZstd().take()) {
  ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log);
}

ZstdReader::~ZstdReader() {
  if (spare_) spare_->give_back(std::move(context_));
}

bool ZstdReader::refill() {
  if (pending_.empty() && !source_ended_) {
    pending_ = source_();
    source_ended_ = pending_.empty();
  }
  return !pending_.empty();
}

std::size_t ZstdReader::read(std::span<std::byte> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const bool more = refill();
    if (begun_ && wanted_ == 0) {
      if (!more) break;
      if (frames_ == Frames::one) throw ZstdProblem("bytes follow the zstd frame");
    }
    ZSTD_inBuffer in = {pending_.data(), pending_.size(), 0};
    ZSTD_outBuffer destination = {out.data(), out.size(), filled};
    wanted_ = ZSTD_decompressStream(context_.get(), &destination, &in);
    if (ZSTD_isError(wanted_) != 0)
      throw ZstdProblem(std::string("broken zstd data: ") + ZSTD_getErrorName(wanted_));
    const bool progress = in.pos != 0 || destination.pos != filled;
    begun_ = true;
    pending_ = pending_.subspan(in.pos);
    filled = destination.pos;
    if (!more && !progress && wanted_ != 0) throw ZstdProblem("the zstd data ends too soon");
  }
  return filled;
}

}  // namespace aerotool::io
