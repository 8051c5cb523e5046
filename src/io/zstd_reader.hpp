// Decompresses zstd as it is read. Libzstd directly: Boost's filter takes a frame that ends too soon for a
// whole one.
#pragma once

#include <zstd.h>

#include <functional>
#include <memory>
#include <span>
#include <stdexcept>

#include "core/bytes.hpp"

namespace aerotool::io {

/// What is wrong with compressed bytes; who knows the file makes an Error of it.
class ZstdProblem : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ZstdReader {
 public:
  enum class Frames { one, many };
  /// The next compressed bytes, valid until the next call; empty at the end.
  using Source = std::function<ByteSpan()>;

  /// Frames that need a window of more than 2^window_log bytes are refused; zstd's own limit is 2^27.
  ZstdReader(Source source, Frames frames, int window_log = 27);

  /// Decompressed bytes, 0 at the end of the last frame. Throws ZstdProblem for broken data, an end inside
  /// a frame, and (Frames::one) for anything after the first frame.
  std::size_t read(std::span<std::byte> out);

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  bool refill();

  Source source_;
  Frames frames_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  ByteSpan pending_;
  std::size_t wanted_ = 1;  // what libzstd said last: 0 between frames
  bool begun_ = false;
  bool source_ended_ = false;
};

}  // namespace aerotool::io
