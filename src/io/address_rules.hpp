// Which addresses a URL may lead to. Who writes a redirect or an index shall not reach, through the machine
// of whoever reads it, what only that machine can reach. It is the address about to be connected that counts,
// not the name: a name may be found at another address a moment later.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/ip_address.hpp"
#include "io/url.hpp"

namespace aerotool::io {

inline constexpr const char* kAllowedHostsVariable = "AEROTOOL_ALLOW_HOSTS";

/// What makes an address one that is not reached through the Internet: "a loopback address"; empty for one
/// that is. IPv4 in the forms that IPv6 carries it in (mapped, NAT64, 6to4, Teredo) is what that IPv4 address
/// is, and IPv6 that is neither that nor global unicast is none of the Internet's.
std::string_view special_kind(const IpAddress& address);

/// Hosts that may be reached wherever they are.
struct AllowedHosts {
  std::vector<std::string> names;  ///< as the host of an Origin
  std::vector<IpAddress> addresses;
};

/// Reads names and addresses between commas; IPv6 with or without brackets, white space around them is left
/// out. Throws UsageError that names kAllowedHostsVariable where one is neither: ports and patterns are not
/// read.
AllowedHosts parse_allowed_hosts(std::string_view text);

/// Why `address` may not be connected to for a request to `asked`, in words for a message; empty where it
/// may. Everything may be that was typed, by host and port, or is allowed: by the name in `asked`, or by the
/// address itself, whatever name led there. Not for the address of a proxy, which somebody has set up.
std::string address_problem(const IpAddress& address, const Origin& asked, const std::optional<Origin>& typed,
                            const AllowedHosts& allowed);

/// The same for what a socket is to be connected to. What is neither IPv4 nor IPv6 is refused.
std::string address_problem(const sockaddr* address, std::size_t length, const Origin& asked,
                            const std::optional<Origin>& typed, const AllowedHosts& allowed);

}  // namespace aerotool::io
