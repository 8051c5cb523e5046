#include "io/zstd_reader.hpp"

#include <new>
#include <string>

namespace aerotool::io {

ZstdReader::ZstdReader(Source source, Frames frames, int window_log)
    : source_(std::move(source)), frames_(frames), context_(ZSTD_createDCtx()) {
  if (!context_) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log);
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
