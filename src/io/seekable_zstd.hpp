// zstd frames with a table of them at the end (zstd's "seekable format" 0.1.0): any part of what they decode
// to, by decoding the frames that hold it.
//
//        frame 0 | frame 1 | .. | table: a skippable frame
//
// Threads that want bytes of one frame do not wait for each other: the first decodes it, the others decode
// the frames behind it, which they will be asked for next.
#pragma once

#include <zstd.h>

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "io/digester.hpp"
#include "io/zstd_reader.hpp"

namespace aerotool::io {

/// How many bytes a frame may decode to, and how many frames there may be.
inline constexpr std::uint64_t kMaxSeekableFrame = std::uint64_t{16} << 20;
inline constexpr std::uint64_t kMaxSeekableFrames = std::uint64_t{1} << 20;
/// What a frame decodes to as it is usually written.
inline constexpr std::uint64_t kUsualSeekableFrame = std::uint64_t{1} << 20;

/// Where each frame is. All but the last decode to as many bytes as the first.
struct SeekTable {
  std::uint64_t frame_size = 0;          ///< decoded bytes of each frame but the last
  std::uint64_t decoded_length = 0;      ///< of all
  std::vector<std::uint64_t> ends = {};  ///< of the frames, stored

  std::uint64_t stored_begin(std::size_t frame) const { return frame == 0 ? 0 : ends[frame - 1]; }
  std::uint64_t decoded_size(std::size_t frame) const;
};

/// Reads the table at the end of `length` bytes. Throws ZstdProblem where it does not describe them.
SeekTable read_seek_table(const ReadAt& read, std::uint64_t length);

/// The table of frames of these sizes, stored and decoded one after the other.
std::string render_seek_table(std::span<const std::uint32_t> sizes);

class SeekableZstd {
 public:
  /// Of `length` bytes. Throws ZstdProblem, and what `read` throws.
  SeekableZstd(ReadAt read, std::uint64_t length);
  SeekableZstd(const SeekableZstd&) = delete;
  SeekableZstd& operator=(const SeekableZstd&) = delete;

  std::uint64_t size() const { return table_.decoded_length; }
  /// What is decoded at once; half of it takes as long.
  std::uint64_t unit() const { return table_.frame_size; }
  /// Fills `out` from `offset` on; the range is inside. Thread-safe. Throws ZstdProblem where a frame is
  /// broken, decodes to another size than the table says, or has no checksum; and what reading throws.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  /// One that was decoded, is being decoded, or could not be.
  struct Frame {
    std::unique_ptr<std::byte[]> bytes = {};  ///< room for a whole one
    bool is_decoded = false;
    std::size_t users = 0;            ///< threads that copy from it
    std::exception_ptr failure = {};  ///< of one that nobody has asked for yet
  };
  using Frames = std::map<std::size_t, Frame>;
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  /// What a thread decodes with.
  struct Decoder {
    std::unique_ptr<ZSTD_DCtx, Free> context = {};
    std::vector<std::byte> stored = {};
  };

  // With the lock held; they may give it back meanwhile.
  Frame& decoded_frame(std::size_t number, std::unique_lock<std::mutex>& lock) const;
  /// Decodes a frame that nobody has begun.
  void decode(std::size_t number, std::unique_lock<std::mutex>& lock) const;
  /// False where that fails.
  bool decode_ahead(std::size_t number, std::unique_lock<std::mutex>& lock) const;
  Frames::iterator begin_frame(std::size_t number) const;
  void decode_into(Frame& frame, std::size_t number, Decoder& decoder) const;

  ReadAt read_;
  SeekTable table_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable Frames frames_;
  mutable std::list<Decoder> idle_;
  mutable std::size_t readers_ = 0;
};

}  // namespace aerotool::io
