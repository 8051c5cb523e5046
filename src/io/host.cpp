#include "io/host.hpp"

#include <algorithm>
#include <utility>

namespace aerotool::io {
namespace {

constexpr std::size_t kMaxHostBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;
constexpr std::string_view kDecimalDigits = "0123456789";

ParsedHost no_host(std::string problem) {
  return {{}, {}, std::move(problem)};
}

/// Whether a resolver may take a name for a number: its last label is one.
bool ends_in_number(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  if (last.find_first_not_of(kDecimalDigits) == std::string_view::npos) return true;
  return last.starts_with("0x") && last.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes &&
         label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
}

bool are_labels(std::string_view name) {
  while (true) {
    const auto dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

ParsedHost ipv6_in_brackets(std::string_view text) {
  if (!text.ends_with(']')) return no_host("has no ] behind its IPv6 address");
  const std::string_view inner = text.substr(1, text.size() - 2);
  if (inner.find('%') != std::string_view::npos) return no_host("has an IPv6 address with a scope");
  const auto address = inner.find(':') == std::string_view::npos ? std::nullopt : address_in(inner);
  if (!address) return no_host("has no IPv6 address between its brackets");
  const std::string plain = address->text();
  const bool mapped = plain.find(':') == std::string::npos;
  return {mapped ? "[::ffff:" + plain + "]" : "[" + plain + "]", address, {}};
}

}  // namespace

ParsedHost parse_host(std::string_view text) {
  if (text.empty()) return no_host("names no host");
  if (text.front() == '[') return ipv6_in_brackets(text);
  if (text.size() > kMaxHostBytes) return no_host("has a host of more than 253 bytes");
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return no_host("has a host that is not ASCII; write it in the form that begins with xn--");
  std::string name(text);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (!are_labels(name))
    return no_host("has a host that is no name of letters, digits and \"-\" between dots");
  if (!ends_in_number(name)) return {std::move(name), {}, {}};
  const auto address = address_in(name);
  if (!address) return no_host("has a number as its host that is no IPv4 address as a.b.c.d");
  return {std::move(name), address, {}};
}

}  // namespace aerotool::io
