// A metadata chunk as a file of its own, for the targets of AERO's codecs.
#pragma once

#include "core/bytes.hpp"
#include "formats/aero/layout.hpp"
#include "io/input.hpp"

namespace aerotool::fuzz {

struct ChunkInput {
  std::shared_ptr<io::Input> input;
  aero::Chunk chunk;
};

/// A chunk that is not compressed and has its right hash.
ChunkInput plain_chunk(std::string_view fourcc, ByteSpan bytes);

/// A compressed chunk of `uncompressed_length` bytes with a hash of zeros.
ChunkInput zstd_chunk(std::string_view fourcc, ByteSpan stored, std::uint64_t uncompressed_length);

}  // namespace aerotool::fuzz
