// A checksum of any algorithm, of bytes that come in order.
#pragma once

#include <cstdint>
#include <variant>

#include "core/bytes.hpp"
#include "hash/blake3.hpp"
#include "hash/checksum.hpp"
#include "hash/sha256.hpp"
#include "hash/xxh3.hpp"

namespace aerotool::hash {

class RunningChecksum {
 public:
  explicit RunningChecksum(Algorithm algorithm);

  void add(ByteSpan bytes);
  /// Of all bytes added; nothing is added afterwards.
  Checksum finish(Checksum::Over over = Checksum::Over::decoded);

 private:
  struct Crc32c {
    std::uint32_t value = 0;
  };
  struct Crc32 {
    std::uint32_t value = 0;
  };
  std::variant<Blake3Stream, Sha256, Crc32c, Xxh3, Crc32> state_;
};

}  // namespace aerotool::hash
