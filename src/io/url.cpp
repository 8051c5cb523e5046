#include "io/url.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/host.hpp"
#include "io/percent.hpp"

namespace aerotool::io {
namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr std::string_view kHubScheme = "hf";

ParsedUrl no_url(std::string problem) {
  return {{}, std::move(problem)};
}

std::string_view scheme_name(Scheme scheme) {
  return scheme == Scheme::http ? "http" : "https";
}

std::uint16_t default_port(Scheme scheme) {
  return scheme == Scheme::http ? 80 : 443;
}

bool is_control_character(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// What is wrong with the bytes of a URL, whatever they mean.
std::string problem_of_bytes(std::string_view text) {
  if (text.size() > kMaxUrlBytes) return "has more than " + with_thousands(kMaxUrlBytes) + " bytes";
  if (std::any_of(text.begin(), text.end(), is_control_character)) return "has a control character in it";
  if (text.find(' ') != std::string_view::npos) return "has a space in it; %20 stands for one";
  if (text.find('\\') != std::string_view::npos) return "has a backslash in it; %5C stands for one";
  if (!is_utf8(text)) return "is not UTF-8";
  if (!is_percent_encoded(text)) return "has a % without two hexadecimal digits; %25 stands for one";
  // Whoever decodes it and holds it as a C string sees another name.
  if (text.find("%00") != std::string_view::npos) return "has a NUL in it";
  return {};
}

/// Takes what stands before the first of some characters, or all.
std::string_view take_until(std::string_view& rest, std::string_view ends) {
  const std::string_view taken = rest.substr(0, rest.find_first_of(ends));
  rest.remove_prefix(taken.size());
  return taken;
}

/// The digits of a port; none where they are no port.
std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, port);
  if (result.ec != std::errc() || result.ptr != end || port == 0) return std::nullopt;
  return port;
}

std::string read_user_part(std::string_view text, Url& url) {
  if (text.empty()) return {};
  const auto colon = text.find(':');
  UserPart user;
  user.name = percent_decoded(text.substr(0, colon));
  if (colon != std::string_view::npos) user.password = percent_decoded(text.substr(colon + 1));
  for (const std::string& decoded : {user.name, user.password}) {
    if (std::any_of(decoded.begin(), decoded.end(), is_control_character))
      return "has a control character in its user part";
  }
  url.user = std::move(user);
  return {};
}

/// What is wrong with "user:password@host:port"; empty where it is in `url` now.
std::string read_authority(std::string_view text, Url& url) {
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    // Programs differ in which of two ends the user part, and so in which host is asked.
    if (text.find('@', at + 1) != std::string_view::npos) return "has a second @ before its path";
    if (std::string problem = read_user_part(text.substr(0, at), url); !problem.empty()) return problem;
    text.remove_prefix(at + 1);
  }
  // An IPv6 address has colons of its own.
  const auto bracket = text.rfind(']');
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  ParsedHost host = parse_host(text.substr(0, colon));
  if (!host.problem.empty()) return std::move(host.problem);
  url.origin.host = std::move(host.host);
  url.origin.port = default_port(url.origin.scheme);
  if (colon == std::string_view::npos || colon + 1 == text.size()) return {};
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return "has a port that is not a number from 1 to 65535";
  url.origin.port = *port;
  return {};
}

/// How many dots a segment is made of, where it is "." or "..", encoded or not; else 0.
std::size_t dots_in_segment(std::string_view segment) {
  constexpr std::size_t kLongest = std::string_view("%2e%2e").size();
  if (segment.size() > kLongest) return 0;
  const std::string plain = percent_decoded(segment);
  return plain == "." || plain == ".." ? plain.size() : 0;
}

/// RFC 3986, 5.2.4, of a path that begins with a slash.
std::string without_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = take_until(path, "/");
    const std::size_t dots = dots_in_segment(segment);
    if (dots == 0) {
      out.append("/").append(segment);
      continue;
    }
    if (dots == 2 && !out.empty()) out.resize(out.rfind('/'));
    if (path.empty()) out += '/';
  }
  return out;
}

std::string problem_of_scheme(const std::string& scheme) {
  if (scheme.empty() || scheme == "http" || scheme == "https") return "is not a URL of http:// or https://";
  return "has the scheme " + shortened(scheme) + ", which is not read; http and https are";
}

}  // namespace

std::string Origin::text() const {
  std::string out = std::string(scheme_name(scheme)).append(kSchemeEnd).append(host);
  if (port != default_port(scheme)) out += ":" + std::to_string(port);
  return out;
}

std::string Url::to_request() const {
  return origin.text() + path + query;
}

std::string Url::shown() const {
  return origin.text() + path;
}

std::string scheme_of(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  std::string scheme(text.substr(0, colon));
  for (char& c : scheme) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const bool begins = !scheme.empty() && scheme.front() >= 'a' && scheme.front() <= 'z';
  if (!begins || scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") != std::string::npos)
    return {};
  return scheme;
}

bool is_http_url(std::string_view text) {
  const std::string scheme = scheme_of(text);
  return (scheme == "http" || scheme == "https") && text.substr(scheme.size()).starts_with(kSchemeEnd);
}

bool looks_like_url(std::string_view text) {
  const std::string scheme = scheme_of(text);
  return !scheme.empty() && scheme != kHubScheme && text.substr(scheme.size()).starts_with(kSchemeEnd);
}

ParsedUrl parse_url(std::string_view text) {
  if (std::string problem = problem_of_bytes(text); !problem.empty()) return no_url(std::move(problem));
  if (!is_http_url(text)) return no_url(problem_of_scheme(scheme_of(text)));
  Url url;
  const std::string scheme = scheme_of(text);
  url.origin.scheme = scheme == "http" ? Scheme::http : Scheme::https;
  std::string_view rest = text.substr(scheme.size() + kSchemeEnd.size());
  if (std::string problem = read_authority(take_until(rest, "/?#"), url); !problem.empty())
    return no_url(std::move(problem));
  const std::string_view path = take_until(rest, "?#");
  url.path = path.empty() ? "/" : without_dot_segments(with_forbidden_encoded(path));
  url.query = with_forbidden_encoded(take_until(rest, "#"));
  if (url.to_request().size() > kMaxUrlBytes)
    return no_url("has more than " + with_thousands(kMaxUrlBytes) + " bytes when it is percent-encoded");
  return {std::move(url), {}};
}

Url typed_url(std::string_view text) {
  ParsedUrl parsed = parse_url(text);
  if (!parsed.url) throw UsageError(describe({shortened(shown_url(text)), {}, {}}, parsed.problem));
  return *std::move(parsed.url);
}

std::string shown_url(std::string_view text) {
  const std::size_t scheme = scheme_of(text).size();
  const bool absolute = scheme != 0 && text.substr(scheme).starts_with(kSchemeEnd);
  const std::size_t begin = absolute ? scheme + kSchemeEnd.size() : 0;
  std::string out(text.substr(0, begin));
  std::string_view rest = text.substr(begin);
  const std::string_view head = take_until(rest, "?#");
  const auto at = head.rfind('@');
  // A password may hold a question mark, or what follows it may be a query with an "@": show neither.
  if (rest.find('@') != std::string_view::npos) return out + "...";
  if (at == std::string_view::npos) return out.append(head);
  return out.append("...").append(head.substr(at));
}

std::string file_name_of(const Url& url) {
  const std::string name = percent_decoded(std::string_view(url.path).substr(url.path.rfind('/') + 1));
  return name.substr(name.rfind('/') + 1);  // all of it where there is no slash
}

}  // namespace aerotool::io
