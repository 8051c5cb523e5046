// Compressed chunks: the input is u32 LE uncompressed_length, then the stored bytes. What comes out is never
// more than that length, however the reader asks for it.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "chunk_input.hpp"
#include "formats/aero/read/metadata_chunk.hpp"

namespace {

using namespace aerotool;

/// The bytes read before the end or a problem.
std::uint64_t read_all(const fuzz::ChunkInput& at, std::size_t step) {
  std::vector<std::byte> block(step);
  std::uint64_t total = 0;
  try {
    aero::ChunkStream stream(*at.input, at.chunk);
    while (const std::size_t got = stream.read(block)) total += got;
    if (total != at.chunk.uncompressed_length) std::abort();
  } catch (const io::ZstdProblem&) {
    return total;
  }
  return total;
}

/// Frames behind each other, from a source that hands out a few bytes at a time: a whole file in .zst.
void read_many(ByteSpan stored, std::uint64_t most) {
  io::ZstdReader reader(
      [rest = stored]() mutable {
        constexpr std::size_t kPiece = 7;
        const ByteSpan piece = rest.first(std::min(kPiece, rest.size()));
        rest = rest.subspan(piece.size());
        return piece;
      },
      io::ZstdReader::Frames::many);
  std::array<std::byte, 4096> block{};
  std::uint64_t total = 0;
  try {
    while (const std::size_t got = reader.read(block)) {
      total += got;
      if (total > most) return;
    }
  } catch (const io::ZstdProblem&) {
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input = std::as_bytes(std::span(data, size));
  if (input.size() < sizeof(std::uint32_t)) return -1;
  constexpr std::uint64_t kMax = std::uint64_t{1} << 17;
  const std::uint64_t length = load_le<std::uint32_t>(input) % (kMax + 1);
  const ByteSpan stored = input.subspan(sizeof(std::uint32_t));
  const fuzz::ChunkInput chunk = fuzz::zstd_chunk(aero::kManifest, stored, length);
  constexpr std::size_t kLarge = 65536;
  for (const std::size_t step : {kLarge, std::size_t{61}}) {
    if (read_all(chunk, step) > length) std::abort();
  }
  read_many(stored, kMax);
  return 0;
}
