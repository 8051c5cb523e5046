// FILE chunks in the making: the side files that an AERO file carries (src/formats/aero/FORMAT.md, "FILE").
#pragma once

#include <cstdint>
#include <string>

#include "hash/digest.hpp"
#include "model/side_files.hpp"

namespace aerotool::aero {

/// The payload of a FILE chunk in the making: one zstd frame, which is held where it is small, and else made
/// again each time.
class SidePayload {
 public:
  /// Reads the file. `file` outlives this. At most `room` bytes are held, and taken from it.
  SidePayload(const SideFile& file, std::uint64_t& room);

  std::uint64_t length() const { return length_; }
  const Digest& digest() const { return digest_; }  ///< of the file
  /// Hands over length() bytes in order. Throws IoError where the file is not what it was.
  void put(const SideFile::Sink& sink) const;

 private:
  const SideFile* file_;
  std::uint64_t length_ = 0;
  Digest digest_{};
  std::string held_;  // empty where it is made again
};

/// What all payloads of a file together may hold.
inline constexpr std::uint64_t kMaxHeldPayloads = std::uint64_t{8} << 20;

}  // namespace aerotool::aero
