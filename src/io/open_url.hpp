// Opens what URLs name. What all of them share lives as long as the program: connections, and what the
// environment says (AEROTOOL_CACHE, AEROTOOL_CACHE_DIR, AEROTOOL_ALLOW_HOSTS).
#pragma once

#include <memory>
#include <string>

#include "io/input.hpp"
#include "io/spool.hpp"
#include "io/url.hpp"

namespace aerotool::io {

/// A URL that the user typed. A file that is .gz or .zst, or lies on a server that reads no ranges, is
/// fetched once, whole, to an unlinked file under TMPDIR. Throws UsageError for what is no such URL, IoError,
/// and CorruptError where compressed data is broken.
std::shared_ptr<Input> open_url(const std::string& text, const Spooling& spooling);

/// One that follows from it: `typed` is the origin that the user named.
std::shared_ptr<Input> open_url(const Url& url, const Origin& typed, const Spooling& spooling);

/// At the end of a run: keeps the cache within its bounds.
void close_urls();

}  // namespace aerotool::io
