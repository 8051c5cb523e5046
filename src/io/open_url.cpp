#include "io/open_url.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "hash/sha256.hpp"
#include "io/cache_eviction.hpp"
#include "io/hashed_input.hpp"
#include "io/interrupt.hpp"
#include "io/spool_file.hpp"
#include "io/url_input.hpp"
#include "io/url_reference.hpp"

namespace aerotool::io {
namespace {

constexpr std::uint64_t kHead = 512;

struct Shared {
  std::shared_ptr<RemoteAccess> access;
  CacheSettings cache;
};

std::optional<Shared>& shared_if_any() {
  static std::optional<Shared> shared;
  return shared;
}

bool& offline() {
  static bool is_so = false;
  return is_so;
}

std::function<std::string(const Origin& origin)>& authorization_if_set() {
  static std::function<std::string(const Origin& origin)> authorization;
  return authorization;
}

const Shared& shared() {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::optional<Shared>& there = shared_if_any();
  if (!there) {
    const char* const allowed = std::getenv(kAllowedHostsVariable);
    there = Shared{std::make_shared<RemoteAccess>(parse_allowed_hosts(allowed == nullptr ? "" : allowed)),
                   cache_settings_from_environment()};
    there->access->offline = offline();
    there->access->authorization = authorization_if_set();
  }
  return *there;
}

/// Null where the server does not read ranges.
std::shared_ptr<Input> open_ranges(const RemoteName& name) {
  return UrlInput::open(shared().access, shared().cache, name);
}

/// What open_urls_ahead() has opened and nobody has asked for yet.
class OpenedAhead {
 public:
  using Opened = std::future<std::shared_ptr<Input>>;

  void put(const RemoteName& name, Opened opened) {
    const std::lock_guard lock(mutex_);
    opened_.insert_or_assign(name.url.to_request(), std::move(opened));
  }

  void drop() {
    const std::lock_guard lock(mutex_);
    opened_.clear();
  }

  std::optional<Opened> take(const RemoteName& name) {
    const std::lock_guard lock(mutex_);
    const auto found = opened_.find(name.url.to_request());
    if (found == opened_.end()) return std::nullopt;
    Opened opened = std::move(found->second);
    opened_.erase(found);
    return opened;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Opened> opened_;
};

OpenedAhead& opened_ahead() {
  static OpenedAhead ahead;
  return ahead;
}

/// Nothing where `url` says what is wrong with the path.
std::optional<RemoteName> name_beside(const RemoteName& name, const std::string& relative, ParsedUrl& url) {
  url = url_beside(name.url, relative);
  if (!url.url) return std::nullopt;
  RemoteName neighbour{.url = *url.url, .typed = name.typed, .commit = name.commit};
  if (!name.shown.empty()) neighbour.shown = name.shown.substr(0, name.shown.rfind('/') + 1) + relative;
  return neighbour;
}

std::shared_ptr<Input> fetch_whole(const RemoteName& name, const Spooling& spooling, const std::string& why) {
  const std::string shown = shown_name(name);
  if (spooling.note) spooling.note(shown + ": " + why + ": all of it is fetched to a temporary file first");
  RemoteFile file(shared().access, name);
  SpoolFile spool(shown);
  hash::Sha256 sha256;
  file.fetch_whole([&](std::uint64_t offset, ByteSpan bytes) {
    sha256.add(bytes);
    if (offset == 0 && spooling.size_hint) {
      if (const auto size = spooling.size_hint(bytes)) spool.require_space(*size);
    }
    spool.append(bytes);
    if (spooling.progress != nullptr) spooling.progress->done += bytes.size();
  });
  const std::string promised = file.linked_sha256();
  const std::string found = to_hex(sha256.finish());
  if (!promised.empty() && found != promised) {
    throw CorruptError({shown, {}, {}},
                       "is corrupt: its SHA-256 is " + found + ", and the hub says " + promised, Code::hash);
  }
  auto input = open_spooled(spool.take(), shown, spooling);
  input->set_remote(std::make_shared<RemoteName>(name));
  return input;
}

}  // namespace

std::shared_ptr<Input> open_url(const std::string& text, const Spooling& spooling) {
  const Url url = typed_url(text);
  return open_url(RemoteName{.url = url, .typed = url.origin}, spooling);
}

std::shared_ptr<Input> open_url(const RemoteName& name, const Spooling& spooling) {
  auto ahead = opened_ahead().take(name);
  auto input = ahead ? ahead->get() : open_ranges(name);
  if (!input) return fetch_whole(name, spooling, "the server does not read ranges");
  if (is_packed(input->view(0, std::min<std::uint64_t>(input->size(), kHead)).view))
    return fetch_whole(name, spooling, "it is compressed");
  return held_to_sha256(std::move(input), Unread::judge_if_few);
}

std::shared_ptr<Input> open_url_beside(const RemoteName& name, const std::string& relative) {
  ParsedUrl url;
  const auto neighbour = name_beside(name, relative, url);
  if (!neighbour) {
    throw CorruptError({shown_name(name), {}, {}},
                       "the path '" + escape_controls(shortened(relative)) + "' " + url.problem, Code::path);
  }
  return open_url(*neighbour, {});
}

void open_urls_ahead(const std::vector<RemoteName>& names) {
  // A hostile index names more files than can be open.
  constexpr std::size_t kMostAhead = 1024;
  constexpr unsigned kAtATime = 8;
  const std::size_t count = std::min(names.size(), kMostAhead);
  if (count < 2) return;
  for_each_parallel(count, kAtATime, [&](std::size_t number, const std::atomic<bool>&) {
    std::promise<std::shared_ptr<Input>> opened;
    try {
      opened.set_value(open_ranges(names[number]));
    } catch (const Interrupted&) {
      throw;
    } catch (...) {
      opened.set_exception(std::current_exception());
    }
    opened_ahead().put(names[number], opened.get_future());
  });
}

void open_urls_ahead(const RemoteName& name, const std::vector<std::string>& relatives) {
  std::vector<RemoteName> names;
  for (const std::string& relative : relatives) {
    ParsedUrl url;
    if (auto neighbour = name_beside(name, relative, url)) names.push_back(std::move(*neighbour));
  }
  open_urls_ahead(names);
}

RemoteDocument fetch_document(const RemoteName& name, std::uint64_t most) {
  return fetch_document(shared().access, name, most);
}

const CacheSettings& url_cache() {
  return shared().cache;
}

void set_offline(bool is_so) {
  offline() = is_so;
}

bool is_offline() {
  return offline();
}

void authorize_with(std::function<std::string(const Origin& origin)> authorization) {
  authorization_if_set() = std::move(authorization);
}

std::optional<UrlTraffic> close_urls() {
  const auto& there = shared_if_any();
  if (!there) return std::nullopt;
  opened_ahead().drop();
  if (there->cache.mode != CacheMode::off) static_cast<void>(evict(there->cache));
  RemoteAccess& access = *there->access;
  const HttpClient::Counts counts = access.client.counts();
  return UrlTraffic{.requests = counts.requests,
                    .bytes = counts.bytes,
                    .cached_bytes = access.cached_bytes,
                    .retries = access.retries,
                    .note = access.note,
                    .keeps_weights = there->cache.mode == CacheMode::all};
}

}  // namespace aerotool::io
