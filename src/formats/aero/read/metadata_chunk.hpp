// A metadata chunk's uncompressed bytes as a stream, held to its TOC entry: one zstd frame or none, the
// length and the hash that the TOC gives. Never held whole.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "encoding/msgpack/parser.hpp"
#include "formats/aero/layout.hpp"
#include "hash/blake3.hpp"
#include "io/input.hpp"
#include "io/zstd_reader.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

class ChunkStream {
 public:
  ChunkStream(const io::Input& input, const Chunk& chunk);

  /// The next bytes, 0 at the end. Throws io::ZstdProblem: broken frames, content of another length than the
  /// TOC's, bytes after the frame.
  std::size_t read(std::span<std::byte> out);

  /// Of all bytes read so far.
  Digest digest() const { return hash_.finish(); }

 private:
  const Chunk& chunk_;
  Bytes stored_;
  bool handed_ = false;  // the stored bytes went to the decompressor
  std::uint64_t produced_ = 0;
  std::unique_ptr<io::ZstdReader> zstd_;
  hash::Blake3Stream hash_;
};

/// "MMSG 'manifest'", for messages.
std::string label(const Chunk& chunk);

/// Notes where a chunk's bytes do not have the hash that the TOC gives. True where they do, and for the hash
/// of zeros that one release of the reference writes for MJSN (src/formats/aero/FORMAT.md, "Files in the
/// wild").
bool check_digest(const io::Input& input, const Chunk& chunk, const Digest& found, Report& report);

/// Hands over the uncompressed bytes of a chunk, a piece at a time, and holds them to their length and hash.
void read_chunk_bytes(const io::Input& input, const Chunk& chunk, const std::function<void(ByteSpan)>& sink,
                      Report& report);

/// The same for a chunk whose bytes are only checked.
void check_chunk_bytes(const io::Input& input, const Chunk& chunk, Report& report);

/// Parses a chunk that holds one msgpack object; zeros may follow it where `zeros_may_follow`. False where it
/// is not sound and the report does not throw.
template <typename Handler>
bool parse_chunk(const io::Input& input, const Chunk& chunk, Handler& handler, Report& report,
                 bool zeros_may_follow = false) {
  if (chunk.uncompressed_length > kMaxMetadata) return false;  // which has been told
  const Where where{input.name(), chunk.offset, {}};
  ChunkStream stream(input, chunk);
  bool only_zeros = true;
  bool followed = false;
  try {
    parse_msgpack([&](std::span<std::byte> out) { return stream.read(out); }, chunk.uncompressed_length,
                  handler,
                  [&](ByteSpan rest) {
                    followed = true;
                    for (const std::byte b : rest) only_zeros = only_zeros && b == std::byte{0};
                  });
  } catch (const MsgpackProblem& problem) {
    report.unreadable(
        Code::malformed, where,
        label(chunk) + " is broken at byte " + std::to_string(problem.offset()) + ": " + problem.what());
    return false;
  } catch (const io::ZstdProblem& problem) {
    report.unreadable(Code::malformed, where, label(chunk) + " cannot be decompressed: " + problem.what());
    return false;
  }
  if (!check_digest(input, chunk, stream.digest(), report)) return false;
  if (followed && !(zeros_may_follow && only_zeros)) {
    report.fault(Code::malformed, where, label(chunk) + ": bytes follow its msgpack object");
  }
  return true;
}

}  // namespace aerotool::aero
