// Header, TOC and string table of an AERO file, read and held to the rules; and written.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "core/bytes.hpp"
#include "formats/aero/layout.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

using Uuid = std::array<std::byte, 16>;

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

/// Reads what describes the chunks and checks it: bounds, caps, reserved fields, unique names, flags, and
/// that no payload overlaps another or the control region. Chunks that the file's end cuts off are left out:
/// the caller reports them, since it knows the tensors that this hits. Two chunks that overlap a WTSH are not
/// told here but by check_chunk_overlaps, once the tensors are known. Throws CorruptError where
/// nothing is left to go on with, UnsupportedError for another version.
Container read_container(const io::Input& input, Report& report);

/// Sets the offsets of a new container's TOC and string table from its chunks' names.
void lay_out_control(Container& container);

/// The bytes from 0 to payloads_start.
std::vector<std::byte> render_control(const Container& container);

/// The control-plane digest (src/formats/aero/FORMAT.md, "IHSH"): BLAKE3 of `control`, the bytes from 0 to
/// payloads_start, with every TOC hash as zeros.
Digest control_digest(ByteSpan control, std::uint64_t toc_offset, std::size_t entry_count);

/// The UUID that follows from the content (src/formats/aero/FORMAT.md, "UUID").
Uuid derived_uuid(const std::vector<Chunk>& chunks);

/// "00010203-0405-0607-0809-0a0b0c0d0e0f"
std::string to_string(const Uuid& uuid);

}  // namespace aerotool::aero
