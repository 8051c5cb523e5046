#include "io/open_url.hpp"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/cache_eviction.hpp"
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

const Shared& shared() {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::optional<Shared>& there = shared_if_any();
  if (!there) {
    const char* const allowed = std::getenv(kAllowedHostsVariable);
    there = Shared{std::make_shared<RemoteAccess>(parse_allowed_hosts(allowed == nullptr ? "" : allowed)),
                   cache_settings_from_environment()};
    there->access->offline = offline();
  }
  return *there;
}

std::shared_ptr<Input> fetch_whole(const RemoteName& name, const Spooling& spooling, const std::string& why) {
  const std::string shown = shown_name(name);
  if (spooling.note) spooling.note(shown + ": " + why + ": all of it is fetched to a temporary file first");
  RemoteFile file(shared().access, name);
  SpoolFile spool(shown);
  file.fetch_whole([&](std::uint64_t offset, ByteSpan bytes) {
    if (offset == 0 && spooling.size_hint) {
      if (const auto size = spooling.size_hint(bytes)) spool.require_space(*size);
    }
    spool.append(bytes);
    if (spooling.progress != nullptr) spooling.progress->done += bytes.size();
  });
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
  auto input = UrlInput::open(shared().access, shared().cache, name);
  if (!input) return fetch_whole(name, spooling, "the server does not read ranges");
  if (is_packed(input->view(0, std::min<std::uint64_t>(input->size(), kHead)).view))
    return fetch_whole(name, spooling, "it is compressed");
  return input;
}

std::shared_ptr<Input> open_url_beside(const RemoteName& name, const std::string& relative) {
  const ParsedUrl other = url_beside(name.url, relative);
  if (!other.url) {
    throw CorruptError({shown_name(name), {}, {}},
                       "the path '" + escape_controls(shortened(relative)) + "' " + other.problem,
                       Code::path);
  }
  RemoteName neighbour{.url = *other.url, .typed = name.typed, .commit = name.commit};
  if (!name.shown.empty()) neighbour.shown = name.shown.substr(0, name.shown.rfind('/') + 1) + relative;
  return open_url(neighbour, {});
}

void set_offline(bool is_so) {
  offline() = is_so;
}

bool is_offline() {
  return offline();
}

void authorize_with(std::function<std::string(const Origin& origin)> authorization) {
  shared().access->authorization = std::move(authorization);
}

void close_urls() {
  const auto& there = shared_if_any();
  if (there && there->cache.mode != CacheMode::off) static_cast<void>(evict(there->cache));
}

}  // namespace aerotool::io
