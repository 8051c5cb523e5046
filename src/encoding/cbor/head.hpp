// The first byte of a CBOR item (RFC 8949, sections 3.1 and 3.3): three bits of its major type, five of what
// its argument is. For reader.cpp and writer.cpp.
#pragma once

#include <cstdint>

namespace aerotool::cbor {

// Major types.
inline constexpr std::uint8_t kUnsigned = 0;
inline constexpr std::uint8_t kNegative = 1;
inline constexpr std::uint8_t kByteString = 2;
inline constexpr std::uint8_t kTextString = 3;
inline constexpr std::uint8_t kArray = 4;
inline constexpr std::uint8_t kMap = 5;
inline constexpr std::uint8_t kTag = 6;
inline constexpr std::uint8_t kSimple = 7;

// The other bits: of simple values, and of arguments of one to eight bytes.
inline constexpr std::uint8_t kFalse = 20;
inline constexpr std::uint8_t kTrue = 21;
inline constexpr std::uint8_t kNull = 22;
inline constexpr std::uint8_t kOneByte = 24;
inline constexpr std::uint8_t kHalf = 25;
inline constexpr std::uint8_t kSingle = 26;
inline constexpr std::uint8_t kDouble = 27;
inline constexpr std::uint8_t kIndefinite = 31;

inline constexpr std::uint64_t kMaxInfo = 23;  ///< the largest argument that needs no byte of its own
inline constexpr std::uint16_t kCanonicalNan = 0x7e00;  ///< in half precision

}  // namespace aerotool::cbor
