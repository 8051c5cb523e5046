#include "formats/aero/write/container.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "hash/blake3.hpp"

namespace aerotool::aero {

namespace {

void put_name(std::vector<std::byte>& control, std::uint64_t& at, std::string_view name) {
  std::copy_n(bytes_of(name).begin(), name.size(), control.begin() + static_cast<std::ptrdiff_t>(at));
  at += name.size() + 1;
}

}  // namespace

void lay_out_control(Container& container) {
  container.toc_offset = kHeaderBytes;
  container.toc_length = kTocHeaderBytes + kTocEntryBytes * container.chunks.size();
  container.string_table_offset = align_up(container.toc_offset + container.toc_length, 8);
  std::uint64_t length = 0;
  for (const Chunk& chunk : container.chunks) length += chunk.name.size() + 1;
  container.string_table_length = align_up(length, 8);
  container.payloads_start =
      align_up(container.string_table_offset + container.string_table_length, kPayloadAlign);
}

std::vector<std::byte> render_control(const Container& container) {
  std::vector<std::byte> control(container.payloads_start);
  const std::span<std::byte> out = control;
  std::copy_n(bytes_of(kMagic).begin(), kMagic.size(), control.begin());
  store_le(out, kAtVersionMajor, kVersionMajor);
  store_le(out, kAtVersionMinor, kVersionMinor);
  store_le(out, kAtHeaderSize, static_cast<std::uint32_t>(kHeaderBytes));
  store_le(out, kAtTocOffset, container.toc_offset);
  store_le(out, kAtTocLength, container.toc_length);
  store_le(out, kAtStringOffset, container.string_table_offset);
  store_le(out, kAtStringLength, container.string_table_length);
  std::copy(container.uuid.begin(), container.uuid.end(), control.begin() + kAtUuid);
  store_le(out, container.toc_offset, static_cast<std::uint32_t>(container.chunks.size()));
  std::uint64_t name_at = container.string_table_offset;
  for (std::size_t i = 0; i < container.chunks.size(); ++i) {
    const Chunk& chunk = container.chunks[i];
    const std::span<std::byte> entry =
        out.subspan(container.toc_offset + kTocHeaderBytes + i * kTocEntryBytes, kTocEntryBytes);
    std::copy_n(bytes_of(chunk.fourcc).begin(), 4, entry.begin());
    store_le(entry, 4, chunk.flags);
    store_le(entry, 8, chunk.offset);
    store_le(entry, 16, chunk.length);
    store_le(entry, 24, chunk.uncompressed_length);
    store_le(entry, 32, static_cast<std::uint32_t>(name_at - container.string_table_offset));
    store_le(entry, 36, static_cast<std::uint32_t>(chunk.name.size()));
    std::copy(chunk.digest.begin(), chunk.digest.end(), entry.begin() + kTocHashOffset);
    put_name(control, name_at, chunk.name);
  }
  return control;
}

Uuid derived_uuid(const std::vector<Chunk>& chunks) {
  using namespace std::string_view_literals;
  hash::Blake3Stream stream;
  stream.add(bytes_of("aerotool-uuid-1\0"sv));
  for (const Chunk& chunk : chunks) {
    if (chunk.fourcc == kControlHash) continue;
    stream.add(bytes_of(chunk.fourcc));
    stream.add(chunk.digest);
  }
  const Digest digest = stream.finish();
  Uuid uuid{};
  std::copy_n(digest.begin(), uuid.size(), uuid.begin());
  // RFC 9562: version 8 (custom), variant 10.
  uuid[6] = (uuid[6] & std::byte{0x0f}) | std::byte{0x80};
  uuid[8] = (uuid[8] & std::byte{0x3f}) | std::byte{0x80};
  return uuid;
}

}  // namespace aerotool::aero
