// What JSON texts consist of nearly everywhere, gone through fast.
#pragma once

#include <array>
#include <cstddef>

namespace aerotool {

/// Where in a JSON string the run of ASCII ends that neither ends the string nor begins an escape.
inline const char* end_of_plain_json(const char* begin, const char* end) {
  static constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
  }();
  while (begin != end && kPlain[static_cast<unsigned char>(*begin)]) ++begin;
  return begin;
}

}  // namespace aerotool
