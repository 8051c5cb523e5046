// Opens what URLs name. What all of them share lives as long as the program: connections, and what the
// environment says (AEROTOOL_CACHE, AEROTOOL_CACHE_DIR, AEROTOOL_ALLOW_HOSTS).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/cache_settings.hpp"
#include "io/input.hpp"
#include "io/remote_document.hpp"
#include "io/remote_name.hpp"
#include "io/spool.hpp"
#include "io/url.hpp"

namespace aerotool::io {

/// A URL that the user typed. A file that is .gz or .zst, or lies on a server that reads no ranges, is
/// fetched once, whole, to an unlinked file under TMPDIR. Throws UsageError for what is no such URL, IoError,
/// and CorruptError where compressed data is broken.
std::shared_ptr<Input> open_url(const std::string& text, const Spooling& spooling);

/// What follows from it, or has another kind of name.
std::shared_ptr<Input> open_url(const RemoteName& name, const Spooling& spooling);

/// The file `relative` beside one on a server. Throws CorruptError for a path that may not lead there, and
/// what open_url() throws.
std::shared_ptr<Input> open_url_beside(const RemoteName& name, const std::string& relative);

/// Opens these side by side, for open_url() and open_url_beside() to find; what fails, fails there.
void open_urls_ahead(const std::vector<RemoteName>& names);
/// The same for files beside one on a server.
void open_urls_ahead(const RemoteName& name, const std::vector<std::string>& relatives);

/// A small text that a URL names, and what a server said of it (io/remote_document.hpp).
RemoteDocument fetch_document(const RemoteName& name, std::uint64_t most);

/// What is kept of URLs, and where.
const CacheSettings& url_cache();

/// Says what each origin may be sent as "Authorization"; empty for nothing. To be called before the first
/// URL is opened.
void authorize_with(std::function<std::string(const Origin& origin)> authorization);

/// That nobody is asked for anything: what is not in the cache cannot be opened. To be called before the
/// first URL is opened.
void set_offline(bool is_so);
bool is_offline();

/// What a run has asked servers and the cache for.
struct UrlTraffic {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;         ///< that came
  std::uint64_t cached_bytes = 0;  ///< that were in the cache
  std::uint64_t retries = 0;
  std::string note;            ///< why what came is not kept; empty where it is
  bool keeps_weights = false;  ///< the user wants them kept
};

/// At the end of a run, when its inputs are closed: keeps the cache within its bounds. Nothing where no URL
/// was opened.
std::optional<UrlTraffic> close_urls();

}  // namespace aerotool::io
