// The frame of a zip archive whose members are stored as they are (src/formats/npy/FORMAT.md, "Archives").
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace aerotool::npy {

struct ZipMember {
  std::string name;
  std::uint64_t offset = 0;  ///< of its header
  std::uint64_t size = 0;
  std::uint32_t crc = 0;  ///< CRC-32 of its bytes
};

/// What stands before the bytes of a member, at its offset. Its length does not depend on the CRC-32.
std::string zip_header(const ZipMember& member);

/// What stands behind the last member, at `offset`: the directory and its end. Its length does not depend on
/// the CRC-32s.
std::string zip_directory(std::span<const ZipMember> members, std::uint64_t offset);

}  // namespace aerotool::npy
