// The fixed parts of an AERO file, for readers and writers alike: header, TOC and string table
// (src/formats/aero/FORMAT.md, "Layout").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "hash/digest.hpp"

namespace aerotool::aero {

/// The key of a TIDX entry that says which part of which object it is.
inline constexpr std::string_view kPartKey = "part";

inline constexpr std::string_view kMagic = "AERO";
inline constexpr std::uint16_t kVersionMajor = 0;
inline constexpr std::uint16_t kVersionMinor = 1;
inline constexpr std::uint64_t kHeaderBytes = 96;
inline constexpr std::uint64_t kTocHeaderBytes = 16;
inline constexpr std::uint64_t kTocEntryBytes = 80;
inline constexpr std::uint64_t kTocHashOffset = 48;  // in an entry
inline constexpr std::uint64_t kPayloadAlign = 16;
inline constexpr std::uint64_t kControlHashBytes = 256;  // IHSH's payload

// Field offsets in the file header (src/formats/aero/FORMAT.md, "File header"); the 64-bit ones are not
// aligned.
inline constexpr std::size_t kAtVersionMajor = 4;
inline constexpr std::size_t kAtVersionMinor = 6;
inline constexpr std::size_t kAtHeaderSize = 8;
inline constexpr std::size_t kAtTocOffset = 12;
inline constexpr std::size_t kAtTocLength = 20;
inline constexpr std::size_t kAtStringOffset = 28;
inline constexpr std::size_t kAtStringLength = 36;
inline constexpr std::size_t kAtFileFlags = 44;
inline constexpr std::size_t kAtUuid = 52;
inline constexpr std::size_t kAtReserved = 68;

// src/formats/aero/FORMAT.md, "Limits".
inline constexpr std::uint32_t kMaxChunks = 1'000'000;
inline constexpr std::uint64_t kMaxStringTable = 536'870'912;
inline constexpr std::uint64_t kMaxMetadata = 2'147'483'648;
inline constexpr std::uint64_t kMaxTensors = 100'000'000;
inline constexpr std::size_t kMaxName = 4096;

// What a decompressor has to keep of a metadata chunk's frame: 16 MiB. Level 6, at which they are written,
// takes 2 MiB; no level takes more for 16 MiB of metadata.
inline constexpr int kMaxWindowLog = 24;

inline constexpr std::uint32_t kFlagZstd = 0x1;
inline constexpr std::uint32_t kFlagMmapCritical = 0x2;
inline constexpr std::uint32_t kFlagIndex = 0x4;
inline constexpr std::uint32_t kFlagOptional = 0x8;

inline constexpr std::string_view kControlHash = "IHSH";
inline constexpr std::string_view kModelJson = "MJSN";
inline constexpr std::string_view kManifest = "MMSG";
inline constexpr std::string_view kTensorIndex = "TIDX";
inline constexpr std::string_view kWeights = "WTSH";
inline constexpr std::string_view kPageHashes = "PHSH";
inline constexpr std::string_view kSideFile = "FILE";

/// The kinds of chunks that this version knows.
struct ChunkKind {
  std::string_view fourcc;
  std::uint32_t flags;  ///< but for zstd, which all metadata may have
};
inline constexpr ChunkKind kKinds[] = {{kControlHash, kFlagOptional},
                                       {kModelJson, 0},
                                       {kManifest, 0},
                                       {kTensorIndex, kFlagIndex},
                                       {kWeights, kFlagMmapCritical},
                                       {kPageHashes, kFlagOptional},
                                       {kSideFile, kFlagOptional}};

/// Null where this version does not know the FourCC.
inline const ChunkKind* kind_of(std::string_view fourcc) {
  for (const ChunkKind& kind : kKinds) {
    if (kind.fourcc == fourcc) return &kind;
  }
  return nullptr;
}
/// Whether this version knows a chunk of that FourCC.
inline bool known_fourcc(std::string_view fourcc) {
  return kind_of(fourcc) != nullptr;
}

/// The name of the one chunk that a file has of that FourCC: IHSH, MJSN, MMSG or TIDX.
inline const char* metadata_name(std::string_view fourcc) {
  if (fourcc == kControlHash) return "control.integrity";
  if (fourcc == kModelJson) return "meta.json";
  return fourcc == kManifest ? "manifest" : "tensors";
}

/// One TOC entry with its name.
struct Chunk {
  std::string fourcc;
  std::string name;
  std::uint32_t flags = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  ///< stored bytes
  std::uint64_t uncompressed_length = 0;
  Digest digest{};  ///< BLAKE3 of the uncompressed bytes

  bool compressed() const { return (flags & kFlagZstd) != 0; }
  std::uint64_t end() const { return offset + length; }
};

std::string shard_name(std::uint64_t id);
std::string page_hashes_name(std::uint64_t id);

/// What MMSG calls a chunk of that FourCC; "unknown" where this version does not know it.
std::string_view role_of(std::string_view fourcc);

using Uuid = std::array<std::byte, 16>;
/// "00010203-0405-0607-0809-0a0b0c0d0e0f"
std::string to_string(const Uuid& uuid);

struct Container {
  Uuid uuid{};
  std::uint64_t toc_offset = kHeaderBytes;
  std::uint64_t toc_length = 0;
  std::uint64_t string_table_offset = 0;
  std::uint64_t string_table_length = 0;
  std::uint64_t payloads_start = 0;
  std::vector<Chunk> chunks;    ///< in TOC order
  std::size_t entry_count = 0;  ///< of the TOC; more than `chunks` where some were left out
  std::vector<Chunk> cut_off;   ///< those left out because the file ends before they do
};

/// The control-plane digest (src/formats/aero/FORMAT.md, "IHSH"): BLAKE3 of `control`, the bytes from 0 to
/// payloads_start, with every TOC hash as zeros.
Digest control_digest(ByteSpan control, std::uint64_t toc_offset, std::size_t entry_count);

/// What IHSH calls BLAKE3.
inline constexpr std::string_view kHashAlgorithm = "blake3-256";

/// PHSH: of a shard.
struct PageHashes {
  std::string shard_name;
  std::uint64_t page_size = 0;
  std::vector<Digest> digests;
};

}  // namespace aerotool::aero
