// An IP address as a value, whatever it came from.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

namespace aerotool::io {

/// Sixteen bytes in network order. IPv4 is held as its mapped form, ::ffff:a.b.c.d, so that both spellings of
/// an address are equal.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  /// The IPv4 address whose four bytes stand at `at`.
  IpAddress embedded(std::size_t at) const;
  /// Dotted for IPv4, as RFC 5952 has it for IPv6; no brackets.
  std::string text() const;

  bool operator==(const IpAddress&) const = default;
};

/// Four or sixteen bytes in network order; nothing for another number of them.
std::optional<IpAddress> address_of(ByteSpan bytes);

/// The address of a socket; nothing where it is neither IPv4 nor IPv6, or `length` bytes do not hold it. The
/// port and the scope are left out.
std::optional<IpAddress> address_of(const sockaddr* address, std::size_t length);

/// Four decimal numbers, or IPv6 without brackets and without a scope. Other spellings of IPv4, such as 127.1
/// and 0x7f000001, are nothing: programs differ in what they mean.
std::optional<IpAddress> address_in(std::string_view text);

}  // namespace aerotool::io
