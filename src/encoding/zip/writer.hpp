// The frame of a zip archive whose members are stored as they are. Numbers of 64 bits are there only where
// one takes them, and the time is 1980-01-01: equal content is equal bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace aerotool::zip {

struct Member {
  std::string name;
  std::uint64_t offset = 0;  ///< of its header
  std::uint64_t size = 0;
  std::uint32_t crc = 0;        ///< CRC-32 of its bytes
  std::uint64_t alignment = 1;  ///< its bytes begin at a multiple of it, a power of two up to 2^15
};

/// What stands before the bytes of a member, at its offset. Its length does not depend on the CRC-32.
std::string local_header(const Member& member);

/// What stands behind the last member, at `offset`: the directory and its end. Its length does not depend on
/// the CRC-32s.
std::string directory(std::span<const Member> members, std::uint64_t offset);

// The same piece by piece, where there are many members:

std::string directory_entry(const Member& member);
/// Of a directory of so many members that begins at `offset` and has `size` bytes.
std::string directory_end(std::uint64_t members, std::uint64_t size, std::uint64_t offset);

/// More bytes than this a name cannot have.
inline constexpr std::size_t kMaxName = 65535;

}  // namespace aerotool::zip
