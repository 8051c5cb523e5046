// URLs of http and https: what a text says, what is asked of a server, and what may be shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aerotool::io {

/// Signed URLs of object stores take 3 KiB; nothing that is longer is sound.
inline constexpr std::size_t kMaxUrlBytes = 16384;

enum class Scheme : std::uint8_t { http, https };

/// Whom a request goes to. What is secret goes to the same origin only.
struct Origin {
  Scheme scheme = Scheme::https;
  std::string host;  ///< in lower case; IPv6 in brackets, in its one shortest spelling
  std::uint16_t port = 0;

  /// "https://host:8443", without the port where it is the scheme's own.
  std::string text() const;
  bool operator==(const Origin&) const = default;
};

/// What stands before the "@" of a URL, decoded, without control characters.
struct UserPart {
  std::string name;
  std::string password;

  bool operator==(const UserPart&) const = default;
};

/// A URL as parse_url() makes it. The fragment is no part of it, as servers are not told of it.
struct Url {
  Origin origin;
  std::optional<UserPart> user;  ///< never shown; for the origin alone
  std::string path;              ///< begins with "/", has no dot segments, is percent-encoded
  std::string query;             ///< with its "?", percent-encoded; empty where there is none

  /// What a request asks for: all but the user part, in printable ASCII without spaces.
  std::string to_request() const;
  /// What messages and metadata may hold: no user part and no query, which often is a secret.
  std::string shown() const;
  bool operator==(const Url&) const = default;
};

/// A URL, or why there is none.
struct ParsedUrl {
  std::optional<Url> url;
  std::string problem;  ///< "has a space in it", of the text that was read, without any of its secrets
};

/// Reads an absolute URL. Bytes that are not ASCII are percent-encoded, dot segments are resolved, and
/// nothing else of path and query is changed, since signatures may be over them. A problem is another scheme,
/// no host or one that parse_host() refuses, a port that is none, a control character, a space, a backslash,
/// a "%" without its digits, "%00", ill-formed UTF-8, and more than kMaxUrlBytes, before or after encoding.
ParsedUrl parse_url(std::string_view text);

/// The URL that a user typed. Throws UsageError that names it as shown_url() does.
Url typed_url(std::string_view text);

/// The scheme that a text begins with, in lower case: what stands before the first ":" where that is a letter
/// and letters, digits, "+", "-" and "."; empty where there is none.
std::string scheme_of(std::string_view text);

/// Whether a text begins with http:// or https://, in either case.
bool is_http_url(std::string_view text);

/// Whether a word of the command line is meant as a URL and not as a path: it begins with "SCHEME://". Of
/// schemes that are not read typed_url() tells. Names of the hub, hf://, are not meant.
bool looks_like_url(std::string_view text);

/// What a message may show of a text that need not be a URL: without all that could be a user part, a query
/// or a fragment. Not escaped.
std::string shown_url(std::string_view text);

/// The last segment of the path, decoded, up to its last slash: for an extension. May be empty, and holds
/// whatever the URL's author wrote but slashes and NUL.
std::string file_name_of(const Url& url);

}  // namespace aerotool::io
