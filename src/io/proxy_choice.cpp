#include "io/proxy_choice.hpp"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "io/host.hpp"
#include "io/http_fields.hpp"
#include "io/ip_address.hpp"

namespace aerotool::io {
namespace {

/// The first of these variables that is set and not empty.
std::string first_of(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  }
  return {};
}

std::string_view without_brackets(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

bool is_in_block(const IpAddress& address, std::string_view block) {
  constexpr std::uint64_t kBits = 128;
  constexpr std::uint64_t kBitsBeforeIpv4 = 96;
  const auto slash = block.find('/');
  const auto first = address_in(without_brackets(block.substr(0, slash)));
  if (!first) return false;
  if (slash == std::string_view::npos) return address == *first;
  auto bits = parse_field_number(block.substr(slash + 1));
  if (bits && block.find(':') == std::string_view::npos) *bits += kBitsBeforeIpv4;
  if (!bits || *bits > kBits) return false;
  for (std::size_t bit = 0; bit < *bits; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if (((address.bytes[bit / 8] ^ first->bytes[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

bool is_listed(const std::string& host, std::string_view entry) {
  if (entry == "*") return true;
  if (const auto address = parse_host(host).address) return is_in_block(*address, entry);
  while (entry.starts_with('.')) entry.remove_prefix(1);
  std::string name(entry);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return !name.empty() && (host == name || host.ends_with("." + name));
}

}  // namespace

std::string proxy_for(const Origin& origin) {
  const std::string excepted = first_of({"no_proxy", "NO_PROXY"});
  std::string_view left = excepted;
  while (!left.empty()) {
    const auto end = std::min(left.find_first_of(", \t"), left.size());
    if (end != 0 && is_listed(origin.host, left.substr(0, end))) return {};
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  std::string own =
      origin.scheme == Scheme::http ? first_of({"http_proxy"}) : first_of({"https_proxy", "HTTPS_PROXY"});
  return own.empty() ? first_of({"all_proxy", "ALL_PROXY"}) : own;
}

}  // namespace aerotool::io
