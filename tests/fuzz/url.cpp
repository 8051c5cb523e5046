// URLs: a first line that is typed, and named by a redirect, by an index and as a list of hosts; the second
// line is a path of an index whose base_url the first one is. What comes out is a plain URL that stays what
// it is when it is read again, and never leads further than it may.
#include <cstdlib>
#include <string>

#include "core/error.hpp"
#include "formats/aeroset/part_url.hpp"
#include "io/address_rules.hpp"
#include "io/percent.hpp"
#include "io/url_reference.hpp"

namespace {

using namespace aerotool;

void require(bool holds) {
  if (!holds) std::abort();
}

const io::Url& base_url() {
  static const io::Url url = io::parse_url("https://user:password@host/a/b/c?query").url.value();
  return url;
}

void require_plain(const io::ParsedUrl& parsed) {
  require(parsed.url.has_value() == parsed.problem.empty());
  if (!parsed.url) return;
  const std::string text = parsed.url->to_request();
  require(text.size() <= io::kMaxUrlBytes);
  for (const char c : text) require(c > 0x20 && c < 0x7f && c != '\\' && c != '#');
  io::Url without_user = *parsed.url;
  without_user.user.reset();
  require(io::parse_url(text).url == without_user);
  require(io::file_name_of(*parsed.url).find_first_of(std::string_view("/\0", 2)) == std::string::npos);
}

/// Of what somebody else than the user named.
void require_named(const io::ParsedUrl& parsed) {
  require_plain(parsed);
  if (!parsed.url) return;
  const io::Url& url = *parsed.url;
  require(url.origin.scheme == io::Scheme::https);
  require(url.user.has_value() == (url.origin == base_url().origin));
}

void require_beside(const io::ParsedUrl& parsed) {
  require_named(parsed);
  if (!parsed.url) return;
  require(parsed.url->origin == base_url().origin && parsed.url->path.starts_with("/a/b/"));
  require(parsed.url->query.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = chars_of(std::as_bytes(std::span(data, size)));
  const auto newline = text.find('\n');
  const std::string_view first = text.substr(0, newline);
  const std::string_view second =
      newline == std::string_view::npos ? std::string_view{} : text.substr(newline + 1);
  require_plain(io::parse_url(first));
  require_named(io::resolve_redirect(base_url(), first));
  require_beside(io::url_beside(base_url(), first));
  require_named(aeroset::join_part_url(base_url(), first, second));
  require(io::percent_decoded(io::percent_encoded(text)) == text);
  static_cast<void>(io::shown_url(first));
  try {
    static_cast<void>(io::parse_allowed_hosts(first));
  } catch (const UsageError&) {  // most texts are none
  }
  return 0;
}
