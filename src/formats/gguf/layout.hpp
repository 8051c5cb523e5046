// The fixed parts of a GGUF file, for readers and writers alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace aerotool::gguf {

inline constexpr std::string_view kMagic = "GGUF";
inline constexpr std::string_view kAlignmentKey = "general.alignment";
inline constexpr std::uint64_t kDefaultAlignment = 32;
inline constexpr std::size_t kLongestName = 63;  ///< of a tensor, in bytes, that ggml takes

}  // namespace aerotool::gguf
