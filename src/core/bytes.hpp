// Little-endian numbers in byte spans, and the one place where bytes and characters are seen as each other.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace aerotool {

using ByteSpan = std::span<const std::byte>;

// NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast)
inline ByteSpan bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

inline std::string_view chars_of(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<char> chars_of(std::span<std::byte> bytes) {
  return {reinterpret_cast<char*>(bytes.data()), bytes.size()};
}

inline const std::uint8_t* octets_of(ByteSpan bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

inline std::uint8_t* octets_of(std::span<std::byte> bytes) {
  return reinterpret_cast<std::uint8_t*>(bytes.data());
}
// NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)

namespace detail {
template <typename T>
T swap_on_big_endian(T value) {
  if constexpr (std::endian::native == std::endian::little || sizeof(T) == 1) {
    return value;
  } else {
    T swapped = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      swapped = static_cast<T>(swapped << 8) | static_cast<T>((value >> (8 * i)) & 0xff);
    }
    return swapped;
  }
}
}  // namespace detail

/// The little-endian unsigned integer at `offset`; the caller has checked that it is inside.
template <typename T>
T load_le(ByteSpan bytes, std::size_t offset = 0) {
  static_assert(std::is_unsigned_v<T>);
  T value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return detail::swap_on_big_endian(value);
}

template <typename T>
void store_le(std::span<std::byte> bytes, std::size_t offset, T value) {
  static_assert(std::is_unsigned_v<T>);
  value = detail::swap_on_big_endian(value);
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

/// Bytes and whatever keeps them alive: a mapping, a buffer, or nothing for bytes that outlive everything.
struct Bytes {
  ByteSpan view;
  std::shared_ptr<const void> owner;

  std::string_view text() const { return chars_of(view); }
  std::size_t size() const { return view.size(); }

  template <typename Container>
  static Bytes own(Container container) {
    auto kept = std::make_shared<const Container>(std::move(container));
    return {std::as_bytes(std::span(kept->data(), kept->size())), kept};
  }
};

}  // namespace aerotool
