// The records of a zip archive: PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.9, 4.3.12 and 4.3.14 to 4.3.16, and
// 4.4.4, 4.4.5 and 4.5.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace aerotool::zip {

inline constexpr std::string_view kLocalHeader = "PK\x03\x04";
inline constexpr std::string_view kDirectoryHeader = "PK\x01\x02";
inline constexpr std::string_view kDescriptor = "PK\x07\x08";
inline constexpr std::string_view kEnd = "PK\x05\x06";
inline constexpr std::string_view kEnd64 = "PK\x06\x06";
inline constexpr std::string_view kLocator64 = "PK\x06\x07";

// What they take without what is of any length.
inline constexpr std::size_t kLocalBytes = 30;
inline constexpr std::size_t kDirectoryBytes = 46;
inline constexpr std::size_t kEndBytes = 22;
inline constexpr std::size_t kEnd64Bytes = 56;
inline constexpr std::size_t kLocatorBytes = 20;

inline constexpr std::uint64_t kMaxComment = 65535;

// What a number of 32 or 16 bits says where the true one is in a field of 64 bits elsewhere.
inline constexpr std::uint32_t kElsewhere = 0xffffffff;
inline constexpr std::uint16_t kElsewhere16 = 0xffff;
inline constexpr std::uint16_t kNumbersOf64Bits = 1;  // the number of the extra field that has them

inline constexpr std::uint16_t kEncrypted = 1U << 0;
inline constexpr std::uint16_t kHasDescriptor = 1U << 3;

inline constexpr std::uint16_t kStored = 0;
inline constexpr std::uint16_t kDeflated = 8;

}  // namespace aerotool::zip
