// The first byte of a CBOR item (RFC 8949, sections 3.1 and 3.3): three bits of its major type, five of what
// its argument is. For reader.cpp and writer.cpp.
#pragma once

#include <cstdint>

namespace aerotool::cbor {

enum Major : std::uint8_t { kUnsigned, kNegative, kByteString, kTextString, kArray, kMap, kTag, kSimple };

enum Info : std::uint8_t {
  kFalse = 20,
  kTrue = 21,
  kNull = 22,
  kOneByte = 24,
  kHalf = 25,
  kSingle = 26,
  kDouble = 27,
  kIndefinite = 31,
};

inline constexpr std::uint64_t kMaxInfo = 23;  ///< the largest argument that needs no byte of its own
inline constexpr std::uint16_t kCanonicalNan = 0x7e00;  ///< in half precision

}  // namespace aerotool::cbor
