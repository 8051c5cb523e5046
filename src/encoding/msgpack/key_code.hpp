// The key of a map's member as one number, so that keys are told apart without their text.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/bytes.hpp"

namespace aerotool {

/// A short key's bytes, the first one lowest; above fewer than eight of them their number. A long key's hash,
/// with the highest bit set. So what is short has a code of its own.
using KeyCode = std::uint64_t;

namespace detail {
inline constexpr KeyCode kLong = KeyCode{1} << 63;
inline constexpr unsigned kLastByte = 56;
}  // namespace detail

/// One of eight bytes is short only if its last one is neither a number of bytes nor has the bit of long
/// keys.
constexpr bool is_short_key(std::string_view key) {
  if (key.size() != sizeof(KeyCode)) return key.size() < sizeof(KeyCode);
  const auto last = static_cast<unsigned char>(key.back());
  return last >= sizeof(KeyCode) && last < 0x80;
}

constexpr KeyCode short_key_code(std::string_view key) {
  KeyCode code = key.size() < sizeof(KeyCode) ? KeyCode{key.size()} << detail::kLastByte : 0;
  if (!std::is_constant_evaluated() && key.size() >= 4) {
    // Two words that overlap, in a third of the instructions.
    const ByteSpan bytes = bytes_of(key);
    const std::size_t second = key.size() - 4;
    return code | load_le<std::uint32_t>(bytes) |
           KeyCode{load_le<std::uint32_t>(bytes, second)} << (8 * second);
  }
  for (std::size_t i = 0; i < key.size(); ++i) code |= KeyCode{static_cast<unsigned char>(key[i])} << (8 * i);
  return code;
}

inline KeyCode key_code(std::string_view key) {
  return is_short_key(key) ? short_key_code(key) : std::hash<std::string_view>{}(key) | detail::kLong;
}

/// "name"_key: the code of a short key.
consteval KeyCode operator""_key(const char* text, std::size_t size) {
  if (!is_short_key({text, size})) throw std::invalid_argument("the key is long");
  return short_key_code({text, size});
}

/// The key that was read last.
class HeldKey {
 public:
  void hold(std::string_view key) {
    code_ = key_code(key);
    if (is_long()) {
      long_ = key;
    } else {
      store_le(std::as_writable_bytes(std::span(short_)), 0, code_);
    }
  }
  KeyCode code() const { return code_; }
  /// Valid until the next one is held.
  std::string_view text() const {
    if (is_long()) return long_;
    const auto size = static_cast<std::size_t>(code_ >> detail::kLastByte);
    return {short_.data(), std::min(size, short_.size())};
  }

 private:
  bool is_long() const { return (code_ & detail::kLong) != 0; }

  KeyCode code_ = 0;
  std::array<char, sizeof(KeyCode)> short_{};
  std::string long_;
};

}  // namespace aerotool
