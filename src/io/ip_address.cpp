#include "io/ip_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace aerotool::io {
namespace {

constexpr std::size_t kIpv4Bytes = 4;
constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

IpAddress mapped_address(std::span<const std::uint8_t, kIpv4Bytes> ipv4) {
  IpAddress address;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin());
  std::copy(ipv4.begin(), ipv4.end(), address.bytes.begin() + kMappedPrefix.size());
  return address;
}

}  // namespace

IpAddress IpAddress::embedded(std::size_t at) const {
  return mapped_address(std::span(bytes).subspan(at).first<kIpv4Bytes>());
}

std::string IpAddress::text() const {
  const bool ipv4 = std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
  std::array<char, INET6_ADDRSTRLEN> out{};
  const void* const from = bytes.data() + (ipv4 ? kMappedPrefix.size() : 0);
  inet_ntop(ipv4 ? AF_INET : AF_INET6, from, out.data(), static_cast<socklen_t>(out.size()));
  return out.data();
}

std::optional<IpAddress> address_of(ByteSpan bytes) {
  IpAddress address;
  if (bytes.size() == kIpv4Bytes) {
    std::array<std::uint8_t, kIpv4Bytes> ipv4{};
    std::memcpy(ipv4.data(), bytes.data(), ipv4.size());
    return mapped_address(ipv4);
  }
  if (bytes.size() != address.bytes.size()) return std::nullopt;
  std::memcpy(address.bytes.data(), bytes.data(), address.bytes.size());
  return address;
}

std::optional<IpAddress> address_of(const sockaddr* address, std::size_t length) {
  constexpr std::size_t kFamilyAt = offsetof(sockaddr, sa_family);
  decltype(sockaddr::sa_family) family = AF_UNSPEC;
  if (address == nullptr || length < kFamilyAt + sizeof family) return std::nullopt;
  const auto* const begin = static_cast<const std::byte*>(static_cast<const void*>(address));
  std::memcpy(&family, begin + kFamilyAt, sizeof family);
  if (family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, begin, sizeof ipv4);
    return address_of(std::as_bytes(std::span(&ipv4.sin_addr, 1)));
  }
  if (family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, begin, sizeof ipv6);
    return address_of(std::as_bytes(std::span(&ipv6.sin6_addr, 1)));
  }
  return std::nullopt;
}

std::optional<IpAddress> address_in(std::string_view text) {
  // A NUL would end the text for inet_pton, and not for us.
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string ended(text);
  std::array<std::byte, 16> bytes{};
  if (inet_pton(AF_INET6, ended.c_str(), bytes.data()) == 1) return address_of(bytes);
  if (inet_pton(AF_INET, ended.c_str(), bytes.data()) != 1) return std::nullopt;
  auto address = address_of(ByteSpan(bytes).first(kIpv4Bytes));
  // Some systems take leading zeros, of which nobody knows whether they are octal.
  if (address->text() != text) return std::nullopt;
  return address;
}

}  // namespace aerotool::io
