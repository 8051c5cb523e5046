#include "chunk_input.hpp"

#include "hash/blake3.hpp"
#include "scratch.hpp"

namespace aerotool::fuzz {
namespace {

ChunkInput chunk_of(std::string_view fourcc, ByteSpan stored) {
  static const ScratchDirectory directory;
  static const ScratchFile file(directory, "chunk");
  file.set(stored);
  ChunkInput made;
  made.input = file.open();
  made.chunk.fourcc = fourcc;
  made.chunk.name = "fuzzed";
  made.chunk.length = stored.size();
  made.chunk.uncompressed_length = stored.size();
  return made;
}

}  // namespace

ChunkInput plain_chunk(std::string_view fourcc, ByteSpan bytes) {
  ChunkInput made = chunk_of(fourcc, bytes);
  made.chunk.digest = hash::blake3(bytes);
  return made;
}

ChunkInput zstd_chunk(std::string_view fourcc, ByteSpan stored, std::uint64_t uncompressed_length) {
  ChunkInput made = chunk_of(fourcc, stored);
  made.chunk.flags = aero::kFlagZstd;
  made.chunk.uncompressed_length = uncompressed_length;
  return made;
}

}  // namespace aerotool::fuzz
