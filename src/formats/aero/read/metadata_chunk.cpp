#include "formats/aero/read/metadata_chunk.hpp"

#include <algorithm>
#include <vector>

#include "core/text.hpp"

namespace aerotool::aero {
namespace {

/// Whether the header of a zstd frame has a field for the content's size (RFC 8878, 3.1.1.1.1).
bool has_content_size(ByteSpan frame) {
  constexpr std::size_t kDescriptor = 4;
  constexpr std::byte kSizeOrSingleSegment{0xe0};
  return frame.size() > kDescriptor && (frame[kDescriptor] & kSizeOrSingleSegment) != std::byte{0};
}

}  // namespace

ChunkStream::ChunkStream(const io::Input& input, const Chunk& chunk)
    : chunk_(chunk), stored_(input.view(chunk.offset, chunk.length)) {
  if (!chunk.compressed()) return;
  zstd_ = std::make_unique<io::ZstdReader>(
      [this] {
        if (handed_) return ByteSpan{};
        handed_ = true;
        return stored_.view;
      },
      io::ZstdReader::Frames::one, kMaxWindowLog);
}

std::size_t ChunkStream::read(std::span<std::byte> out) {
  std::size_t got = 0;
  if (zstd_) {
    if (produced_ == 0 && !handed_) {
      const unsigned long long content = ZSTD_getFrameContentSize(stored_.view.data(), stored_.view.size());
      if (content == ZSTD_CONTENTSIZE_ERROR) throw io::ZstdProblem("it does not begin with a zstd frame");
      // Of a size of 2^64-1 libzstd says that there is none.
      const bool says_size = content != ZSTD_CONTENTSIZE_UNKNOWN || has_content_size(stored_.view);
      if (says_size && content != chunk_.uncompressed_length) {
        throw io::ZstdProblem("its zstd frame says " + std::to_string(content) + " bytes, the TOC says " +
                              std::to_string(chunk_.uncompressed_length));
      }
    }
    got = zstd_->read(out);
  } else {
    got = std::min<std::size_t>(out.size(), stored_.size() - produced_);
    std::copy_n(stored_.view.begin() + static_cast<std::ptrdiff_t>(produced_), got, out.begin());
  }
  produced_ += got;
  const bool over = produced_ > chunk_.uncompressed_length;
  const bool under = got == 0 && produced_ < chunk_.uncompressed_length;
  if (over || under) {
    throw io::ZstdProblem("it holds " + std::string(over ? "more" : "fewer") + " than the " +
                          std::to_string(chunk_.uncompressed_length) + " bytes that the TOC says");
  }
  hash_.add(out.first(got));
  return got;
}

std::string label(const Chunk& chunk) {
  return escape_controls(chunk.fourcc) + " '" + escape_controls(chunk.name) + "'";
}

bool check_digest(const io::Input& input, const Chunk& chunk, const Digest& found, Report& report) {
  if (found == chunk.digest) return true;
  const Where where{input.name(), chunk.offset, {}};
  if (chunk.fourcc == kModelJson && chunk.digest == Digest{}) {
    report.fault(Code::hash, where,
                 "the hash of MJSN in the TOC is all zeros (a known defect of one writer); its bytes are " +
                     to_hex(found));
    return true;
  }
  report.unreadable(Code::hash, where,
                    label(chunk) + " is corrupt: its BLAKE3 is " + to_hex(found) + ", the TOC says " +
                        to_hex(chunk.digest));
  return false;
}

void read_chunk_bytes(const io::Input& input, const Chunk& chunk, const std::function<void(ByteSpan)>& sink,
                      Report& report) {
  constexpr std::uint64_t kMaxBlock = std::uint64_t{1} << 20;
  std::vector<std::byte> block(std::clamp<std::uint64_t>(chunk.uncompressed_length, 1, kMaxBlock));
  ChunkStream stream(input, chunk);
  try {
    while (const std::size_t got = stream.read(block)) sink(ByteSpan(block).first(got));
  } catch (const io::ZstdProblem& problem) {
    report.unreadable(Code::malformed, Where{input.name(), chunk.offset, {}},
                      label(chunk) + " cannot be decompressed: " + problem.what());
    return;
  }
  check_digest(input, chunk, stream.digest(), report);
}

void check_chunk_bytes(const io::Input& input, const Chunk& chunk, Report& report) {
  read_chunk_bytes(
      input, chunk, [](ByteSpan) {}, report);
}

}  // namespace aerotool::aero
