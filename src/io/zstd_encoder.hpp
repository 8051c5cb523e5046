// Makes zstd frames as they are asked for: one of any size, or a row of them with a table (zstd's "seekable
// format" 0.1.0). Both as libzstd's streaming interface makes them: without the size of the content.
#pragma once

#include <zstd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/digester.hpp"

namespace aerotool::io {

/// What one frame is made from and how.
class ZstdFrameEncoder {
 public:
  struct Settings {
    int level = 3;
    bool checksum = false;  ///< of the content, behind it
  };
  /// Of `size` bytes from `begin` on of what `read` reads.
  ZstdFrameEncoder(ReadAt read, std::uint64_t begin, std::uint64_t size, Settings settings);

  /// The next bytes of the frame; fewer than asked for only at its end. Throws what `read` throws, and
  /// std::bad_alloc.
  std::size_t next(std::span<std::byte> out);

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  ReadAt read_;
  std::uint64_t position_;
  std::uint64_t end_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::vector<std::byte> block_;
  std::size_t taken_ = 0;  ///< of the block
  bool is_finished_ = false;
};

/// Frames of `chunk` bytes each, with checksums, and their table.
class SeekableZstdEncoder {
 public:
  SeekableZstdEncoder(ReadAt read, std::uint64_t size, std::uint64_t chunk, int level);

  /// As ZstdFrameEncoder::next.
  std::size_t next(std::span<std::byte> out);

 private:
  void begin_frame();

  ReadAt read_;
  std::uint64_t size_;
  std::uint64_t chunk_;
  int level_;
  std::uint64_t position_ = 0;  ///< of the next frame's content
  std::unique_ptr<ZstdFrameEncoder> frame_;
  std::uint64_t frame_size_ = 0;      ///< so far
  std::vector<std::uint32_t> sizes_;  ///< of the frames that are done: stored, decoded
  std::string table_;
  std::size_t table_position_ = 0;
};

}  // namespace aerotool::io
