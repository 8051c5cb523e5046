// Bytes at an offset of an open file, all of them or a failure. Of this folder only.
#pragma once

#include <cstdint>
#include <span>

#include "core/bytes.hpp"

namespace aerotool::io {

/// Fills `out` from `offset` (bytes). False, with errno, where that fails; errno is 0 where the file ends
/// before. Throws Interrupted.
bool read_whole(int fd, std::uint64_t offset, std::span<std::byte> out);

/// False, with errno, where not all bytes could be written. Throws Interrupted.
bool write_whole(int fd, std::uint64_t offset, ByteSpan bytes);

}  // namespace aerotool::io
