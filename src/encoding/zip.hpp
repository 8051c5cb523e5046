// What the records of a zip archive begin with: PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.14 to
// 4.3.16.
#pragma once

#include <string_view>

namespace aerotool::zip {

inline constexpr std::string_view kLocalHeader = "PK\x03\x04";
inline constexpr std::string_view kDirectoryHeader = "PK\x01\x02";
inline constexpr std::string_view kEnd = "PK\x05\x06";
inline constexpr std::string_view kEnd64 = "PK\x06\x06";
inline constexpr std::string_view kLocator64 = "PK\x06\x07";

}  // namespace aerotool::zip
