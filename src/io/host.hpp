// The host of a URL: a name or an IP address, in the one spelling that is compared.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/ip_address.hpp"

namespace aerotool::io {

/// A host, or why a text is none.
struct ParsedHost {
  std::string host;                  ///< a name in lower case, or an address, IPv6 in brackets
  std::optional<IpAddress> address;  ///< where the host is one
  std::string problem;               ///< "names no host"; empty where it is a host
};

/// Reads a name of ASCII letters, digits, "-" and "_" between dots, four decimal numbers, or IPv6 in
/// brackets. A scope, a number in another spelling than a.b.c.d, a final dot and percent-encoding are
/// refused: what they mean is not the same for every program.
ParsedHost parse_host(std::string_view text);

}  // namespace aerotool::io
