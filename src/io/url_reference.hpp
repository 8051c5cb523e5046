// URLs that a server or a file names: hostile texts, which may lead elsewhere, but not everywhere.
#pragma once

#include <string_view>

#include "io/url.hpp"

namespace aerotool::io {

/// An absolute URL that was read from `from`. Beside the problems of parse_url() it may not lead from https
/// to http and may not have a user part of its own; it gets the one of `from` where the origin is the same.
ParsedUrl parse_named_url(const Url& from, std::string_view text);

/// The same where it was read from a local file, which has neither an origin nor a user part.
ParsedUrl parse_named_url(std::string_view text);

/// What a redirect's Location means, by RFC 3986, section 5: absolute or relative to `base`, the URL that was
/// asked for. Problems are those of parse_named_url(), and an empty text.
ParsedUrl resolve_redirect(const Url& base, std::string_view location);

/// The file `relative` in a directory: its segments, percent-encoded, behind the path. The directory's query
/// stays, as it may be what gives access. An empty text is a problem, and so is one that is absolute, has a
/// "..", an empty segment, a scheme, "?", "#", a control character or a backslash, or makes the URL too long.
/// "." is passed over.
ParsedUrl url_in(const Url& directory, std::string_view relative);

/// The file `relative` beside another one: in the path up to its last slash, without the query of `file`.
/// Problems are those of url_in().
ParsedUrl url_beside(const Url& file, std::string_view relative);

}  // namespace aerotool::io
