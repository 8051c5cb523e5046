#include "io/address_rules.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/host.hpp"

namespace aerotool::io {
namespace {

/// Addresses whose first bits are alike.
struct AddressBlock {
  std::array<std::uint8_t, 16> prefix{};
  unsigned bits = 0;
  std::string_view kind;
};

constexpr AddressBlock ipv6_block(std::initializer_list<std::uint8_t> first, unsigned bits,
                                  std::string_view kind) {
  AddressBlock block{{}, bits, kind};
  std::copy(first.begin(), first.end(), block.prefix.begin());
  return block;
}

constexpr AddressBlock ipv4_block(std::initializer_list<std::uint8_t> first, unsigned bits,
                                  std::string_view kind) {
  constexpr unsigned kMappedBits = 96;
  AddressBlock block{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, kMappedBits + bits, kind};
  std::copy(first.begin(), first.end(), block.prefix.begin() + kMappedBits / 8);
  return block;
}

constexpr std::string_view kPrivate = "a private address";
constexpr std::string_view kLinkLocal = "a link-local address";
constexpr std::string_view kReserved = "a reserved address";
constexpr std::string_view kMulticast = "a multicast address";
constexpr std::string_view kLoopback = "a loopback address";
constexpr std::string_view kUnspecified = "the unspecified address";
constexpr std::string_view kNotGlobal = "no address of the Internet";

// The first one that fits. From IANA's registries of special-purpose addresses, what a machine can reach that
// others cannot; blocks that lead nowhere, such as those of documentation, are left out.
constexpr std::array kSpecialBlocks = {
    ipv4_block({0, 0, 0, 0}, 32, kUnspecified),  // connects to this machine
    ipv4_block({0}, 8, kReserved),
    ipv4_block({10}, 8, kPrivate),
    ipv4_block({100, 64}, 10, "an address shared by a provider's customers"),
    ipv4_block({127}, 8, kLoopback),
    ipv4_block({168, 63, 129, 16}, 32, "the address of a cloud's own service"),  // Azure
    ipv4_block({169, 254}, 16, kLinkLocal),                                      // metadata of most clouds
    ipv4_block({172, 16}, 12, kPrivate),
    ipv4_block({192, 0, 0}, 24, kReserved),
    ipv4_block({192, 168}, 16, kPrivate),
    ipv4_block({224}, 4, kMulticast),
    ipv4_block({240}, 4, kReserved),
    ipv4_block({}, 0, {}),
    ipv6_block({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 128, kUnspecified),
    ipv6_block({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, kLoopback),
    ipv6_block({0xfc}, 7, kPrivate),
    ipv6_block({0xfe, 0x80}, 10, kLinkLocal),
    ipv6_block({0xfe, 0xc0}, 10, kPrivate),
    ipv6_block({0xff}, 8, kMulticast),
    ipv6_block({0x20}, 3, {}),
};

bool lies_in_block(const IpAddress& address, const AddressBlock& block) {
  const std::size_t whole = block.bits / 8;
  const unsigned left = block.bits % 8;
  if (!std::equal(block.prefix.begin(), block.prefix.begin() + whole, address.bytes.begin())) return false;
  return left == 0 || (address.bytes[whole] ^ block.prefix[whole]) >> (8 - left) == 0;
}

std::string_view kind_by_block(const IpAddress& address) {
  for (const AddressBlock& block : kSpecialBlocks) {
    if (lies_in_block(address, block)) return block.kind;
  }
  return kNotGlobal;
}

IpAddress inverted(IpAddress address) {
  for (std::uint8_t& byte : address.bytes) byte = static_cast<std::uint8_t>(~byte);
  return address;
}

/// The kind of the IPv4 address that packets to an IPv6 address end up at; nothing where there is none.
std::optional<std::string_view> kind_of_carried(const IpAddress& address) {
  constexpr AddressBlock kNat64 = ipv6_block({0, 0x64, 0xff, 0x9b}, 96, {});
  constexpr AddressBlock k6to4 = ipv6_block({0x20, 0x02}, 16, {});
  constexpr AddressBlock kTeredo = ipv6_block({0x20, 0x01, 0, 0}, 32, {});
  if (lies_in_block(address, kNat64)) return kind_by_block(address.embedded(12));
  if (lies_in_block(address, k6to4)) return kind_by_block(address.embedded(2));
  if (!lies_in_block(address, kTeredo)) return std::nullopt;
  const std::string_view server = kind_by_block(address.embedded(4));
  return server.empty() ? kind_by_block(inverted(address).embedded(12)) : server;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhite = " \t\r\n";
  const auto begin = text.find_first_not_of(kWhite);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhite) + 1 - begin);
}

void allow_host(std::string_view entry, AllowedHosts& allowed) {
  if (const auto address = address_in(entry)) {
    allowed.addresses.push_back(*address);
    return;
  }
  ParsedHost host = parse_host(entry);
  if (!host.problem.empty()) {
    throw UsageError(std::string(kAllowedHostsVariable) + ": '" + escape_controls(shortened(entry)) +
                     "' is no name or address of a host");
  }
  if (host.address) {
    allowed.addresses.push_back(*host.address);
  } else {
    allowed.names.push_back(std::move(host.host));
  }
}

bool is_same_place(const Origin& a, const Origin& b) {
  return a.host == b.host && a.port == b.port;
}

template <typename T>
bool holds(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

std::string_view special_kind(const IpAddress& address) {
  const auto carried = kind_of_carried(address);
  return carried ? *carried : kind_by_block(address);
}

AllowedHosts parse_allowed_hosts(std::string_view text) {
  AllowedHosts allowed;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string_view entry = trimmed(text.substr(0, comma));
    if (!entry.empty()) allow_host(entry, allowed);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return allowed;
}

std::string address_problem(const IpAddress& address, const Origin& asked, const std::optional<Origin>& typed,
                            const AllowedHosts& allowed) {
  const std::string_view kind = special_kind(address);
  if (kind.empty() || (typed && is_same_place(asked, *typed))) return {};
  if (holds(allowed.addresses, address) || holds(allowed.names, asked.host)) return {};
  return "leads to " + asked.host + " at " + address.text() + ", " + std::string(kind) + "; set " +
         kAllowedHostsVariable + "=" + asked.host + " to allow it";
}

std::string address_problem(const sockaddr* address, std::size_t length, const Origin& asked,
                            const std::optional<Origin>& typed, const AllowedHosts& allowed) {
  const auto ip = address_of(address, length);
  if (!ip) return "leads to " + asked.host + " at an address that is neither IPv4 nor IPv6";
  return address_problem(*ip, asked, typed, allowed);
}

}  // namespace aerotool::io
