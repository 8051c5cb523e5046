// AERO files that are put together chunk by chunk.
#pragma once

#include <zstd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "formats/aero/write/container.hpp"
#include "formats/aero/write/tensor_index.hpp"
#include "hash/blake3.hpp"

namespace aerotool::aero_test {

struct RawChunk {
  std::string fourcc;
  std::string name;
  std::string payload;
  bool compressed = false;
};

inline std::string tensor_index_of(const std::vector<aero::IndexLine>& lines) {
  return aero::render_tensor_index(lines.size(), 0, [&lines](std::size_t i) { return lines[i]; });
}

/// A file of chunks, with their hashes.
inline std::string assembled(const std::vector<RawChunk>& chunks) {
  aero::Container container;
  std::vector<std::string> stored;
  for (const RawChunk& raw : chunks) {
    stored.push_back(raw.payload);
    if (raw.compressed) {
      stored.back().resize(ZSTD_compressBound(raw.payload.size()));
      stored.back().resize(ZSTD_compress(stored.back().data(), stored.back().size(), raw.payload.data(),
                                         raw.payload.size(), 1));
    }
    aero::Chunk chunk;
    chunk.fourcc = raw.fourcc;
    chunk.name = raw.name;
    const aero::ChunkKind* const kind = aero::kind_of(raw.fourcc);
    chunk.flags = (raw.compressed ? aero::kFlagZstd : 0) | (kind != nullptr ? kind->flags : 0);
    chunk.length = stored.back().size();
    chunk.uncompressed_length = raw.payload.size();
    chunk.digest = hash::blake3(bytes_of(raw.payload));
    container.chunks.push_back(std::move(chunk));
  }
  lay_out_control(container);
  std::uint64_t end = container.payloads_start;
  for (aero::Chunk& chunk : container.chunks) {
    chunk.offset = (end + 15) / 16 * 16;
    end = chunk.end();
  }
  std::string file(chars_of(ByteSpan(render_control(container))));
  file.resize(end);
  for (std::size_t i = 0; i < chunks.size(); ++i)
    file.replace(container.chunks[i].offset, stored[i].size(), stored[i]);
  return file;
}

}  // namespace aerotool::aero_test
