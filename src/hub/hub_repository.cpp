#include "hub/hub_repository.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/json/reader.hpp"
#include "hub/content_name.hpp"
#include "hub/hf_cache.hpp"
#include "hub/hub_settings.hpp"
#include "hub/local_stores.hpp"
#include "io/cache_directory.hpp"
#include "io/file_input.hpp"
#include "io/hashed_input.hpp"
#include "io/open_url.hpp"
#include "io/percent.hpp"
#include "io/relative_path.hpp"
#include "io/remote_file.hpp"
#include "io/url_reference.hpp"

namespace aerotool::hub {
namespace {

constexpr std::uint64_t kMaxPageBytes = std::uint64_t{32} << 20;
constexpr std::uint64_t kMaxListingBytes = std::uint64_t{64} << 20;
constexpr std::size_t kMaxPages = 1000;
constexpr std::size_t kMaxNamed = 8;
constexpr std::uint64_t kMaxCommitBytes = 64;
constexpr std::string_view kMissingEntry = "EntryNotFound";
/// Under which the commit that a branch was at last is kept.
constexpr const char* kLastCommit = "last commit";

/// The string "sha" of an object.
class CommitHandler {
 public:
  std::string problem;  // what parse_json asks for; nothing here stops it
  std::string commit;

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number(std::string_view) { return true; }
  bool string(std::string_view text) {
    if (depth_ == 1 && key_ == "sha") commit = text;
    return true;
  }
  bool key(std::string_view text) {
    if (depth_ == 1) key_ = text;
    return true;
  }
  bool start_object() { return ++depth_ != 0; }
  bool end_object() { return depth_-- != 0; }
  bool start_array() { return ++depth_ != 0; }
  bool end_array() { return depth_-- != 0; }

 private:
  std::size_t depth_ = 0;
  std::string key_;
};

/// The target of <URL>; rel="next"; empty where there is none.
std::string next_link(std::string_view field) {
  while (!field.empty()) {
    const auto begin = field.find('<');
    const auto end = field.find('>', begin == std::string_view::npos ? field.size() : begin);
    if (end == std::string_view::npos) return {};
    const std::string_view target = field.substr(begin + 1, end - begin - 1);
    field.remove_prefix(end + 1);
    const std::string_view parameters = field.substr(0, field.find(",<"));
    const std::string_view until_next = parameters.substr(0, parameters.find('<'));
    if (until_next.find("rel=\"next\"") != std::string_view::npos) return std::string(target);
  }
  return {};
}

std::string encoded_path(std::string_view path) {
  std::string encoded;
  for (;;) {
    const auto slash = path.find('/');
    encoded += "/" + io::percent_encoded(path.substr(0, slash));
    if (slash == std::string_view::npos) return encoded;
    path.remove_prefix(slash + 1);
  }
}

/// "token" is asked for once in a run, and only where something may be sent one.
const std::string& the_token() {
  static const std::string token = hub_token();
  return token;
}

std::atomic<bool>& is_in_use() {
  static std::atomic<bool> used = false;
  return used;
}

const io::Url& the_endpoint() {
  static const io::Url endpoint = hub_endpoint();
  return endpoint;
}

/// A name that could be a file of any repository, and that nobody gives a directory.
bool is_file_name(std::string_view path) {
  return path.ends_with(".json");
}

}  // namespace

std::string hub_authorization(const io::Origin& origin) {
  const bool may = is_in_use() && may_have_token(origin, the_endpoint()) && !the_token().empty();
  return may ? "Bearer " + the_token() : std::string{};
}

HubRepository& hub_repository(const HubName& name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<HubRepository>> repositories;
  const std::lock_guard lock(mutex);
  auto& repository = repositories[name.shown_repository()];
  if (!repository) {
    HubName of_repository = name;
    of_repository.path.clear();
    of_repository.quant.clear();
    repository = std::make_unique<HubRepository>(std::move(of_repository));
  }
  return *repository;
}

HubRepository::HubRepository(HubName name) : name_(std::move(name)), endpoint_(the_endpoint()) {
  if (is_commit(name_.revision)) commit_ = name_.revision;
  is_in_use() = true;
}

std::string HubRepository::shown(const std::string& path) const {
  return name_.shown_repository() + (path.empty() ? "" : "/" + path);
}

std::string HubRepository::known_commit() const {
  const std::lock_guard lock(mutex_);
  return commit_;
}

void HubRepository::learn_commit(const std::string& commit) {
  const std::lock_guard lock(mutex_);
  if (commit_.empty()) commit_ = commit;
}

io::Url HubRepository::api_url(const std::string& rest) const {
  io::Url url = endpoint_;
  url.path += "/api/" + std::string(kind_segment(name_.kind)) + "/" + name_.repository() + rest;
  return url;
}

io::RemoteName HubRepository::api_name(const io::Url& url) const {
  return {.url = url,
          .typed = endpoint_.origin,
          .shown = shown({}),
          .explain = [this](int status, const std::string& code) { return explain(status, code, {}); }};
}

io::RemoteName HubRepository::file_name(const std::string& path, const std::string& commit) const {
  const auto at = [endpoint = endpoint_, name = name_, path](const std::string& revision) {
    io::Url url = endpoint;
    if (name.kind != RepositoryKind::model) url.path.append("/").append(kind_segment(name.kind));
    url.path += "/" + name.repository() + "/resolve/" + io::percent_encoded(revision) + encoded_path(path);
    return url;
  };
  return {
      .url = at(commit.empty() ? name_.asked_revision() : commit),
      .typed = endpoint_.origin,
      .shown = shown(path),
      .commit = commit,
      .at_commit = at,
      .explain = [this, path](int status, const std::string& code) { return explain(status, code, path); }};
}

std::string HubRepository::explain(int status, const std::string& code, const std::string& path) const {
  constexpr int kUnauthorized = 401;
  constexpr int kForbidden = 403;
  constexpr int kNotFound = 404;
  const bool has_token = !hub_authorization(endpoint_.origin).empty();
  const bool is_withheld = !has_token && !may_have_token(endpoint_.origin, endpoint_) && !the_token().empty();
  const std::string asked = is_withheld ? "it needs a token, and none is sent over http"
                            : has_token ? "the token that was sent may not read it"
                                        : "it needs a token: set HF_TOKEN";
  if (code == "GatedRepo") {
    io::Url page = endpoint_;
    if (name_.kind != RepositoryKind::model) page.path.append("/").append(kind_segment(name_.kind));
    return "the repository is gated, so access to it has to be asked for at " + page.shown() + "/" +
           name_.repository() + "; " + asked;
  }
  if (code == kMissingEntry) return path.empty() ? "" : "there is no such file in the repository";
  if (code == "RevisionNotFound")
    return "the repository has no revision '" + escape_controls(name_.asked_revision()) + "'";
  if (code == "RepoNotFound" || status == kUnauthorized || (status == kNotFound && path.empty()))
    return "there is no such repository, or it is private, and then " + asked;
  if (status == kForbidden) return "the hub does not let it be read; " + asked;
  return {};
}

io::DocumentKey HubRepository::last_commit_key() const {
  const io::Url url = api_url("/revision/" + io::percent_encoded(name_.asked_revision()));
  return {.origin = url.origin.text(), .path = url.path, .state = kLastCommit, .shown = shown({})};
}

std::string HubRepository::last_commit() const {
  std::string commit = io::kept_document(io::url_cache(), last_commit_key(), kMaxCommitBytes).value_or("");
  return is_commit(commit) ? commit : std::string{};
}

bool HubRepository::is_kept_at_last_commit(const std::string& path) const {
  const std::string commit = last_commit();
  if (commit.empty()) return false;
  const io::Url url = file_name(path, commit).url;
  return io::find_pinned(io::url_cache(), url.origin.text(), url.path, commit).has_value();
}

std::string HubRepository::ask_for_commit() const {
  const io::Url url = api_url("/revision/" + io::percent_encoded(name_.asked_revision()));
  if (io::is_offline()) {
    std::string commit = cached_commit(name_);
    if (commit.empty()) commit = last_commit();
    if (!commit.empty()) return commit;
    throw IoError({shown({}), {}, {}}, "is not in the cache, and --offline asks no server");
  }
  CommitHandler handler;
  const io::RemoteDocument document = io::fetch_document(api_name(url), kMaxPageBytes);
  const auto problem = parse_json(document.text, handler);
  if (problem || !is_commit(handler.commit))
    throw IoError({shown({}), {}, {}}, "the hub does not tell the commit of the revision");
  io::keep_document(io::url_cache(), last_commit_key(), handler.commit);
  return handler.commit;
}

std::string HubRepository::commit() {
  const std::lock_guard turn(asking_);
  if (std::string commit = known_commit(); !commit.empty()) return commit;
  learn_commit(ask_for_commit());
  return known_commit();
}

std::shared_ptr<const HubListing> HubRepository::listing_if_known() const {
  const std::lock_guard lock(mutex_);
  return listing_;
}

std::shared_ptr<const HubListing> HubRepository::listing() {
  const std::string commit = this->commit();
  const std::lock_guard turn(asking_);
  if (auto known = listing_if_known()) return known;
  auto listing = std::make_shared<const HubListing>(fetch_listing(commit));
  const std::lock_guard lock(mutex_);
  return listing_ = std::move(listing);
}

HubListing HubRepository::fetch_listing(const std::string& commit) const {
  io::Url url = api_url("/tree/" + commit);
  const io::DocumentKey key{
      .origin = url.origin.text(), .path = url.path, .state = commit, .shown = shown({})};
  if (const auto kept = io::kept_document(io::url_cache(), key, kMaxListingBytes)) {
    if (auto listing = HubListing::from_text(*kept)) return std::move(*listing);
  }
  const auto refuse = [&](const std::string& why) { throw IoError({shown({}), {}, {}}, why); };
  if (io::is_offline()) refuse("its list of files is not in the cache, and --offline asks no server");
  url.query = "?recursive=true";
  HubListing listing;
  std::uint64_t left = kMaxListingBytes;
  for (std::size_t pages = 0;; ++pages) {
    if (pages == kMaxPages) refuse("the hub's list of its files has too many pages");
    const io::RemoteDocument page = io::fetch_document(api_name(url), std::min(kMaxPageBytes, left));
    left -= page.text.size();
    if (const std::string problem = listing.add_page(page.text); !problem.empty())
      refuse("the hub's list of its files cannot be read: " + problem);
    const std::string next = next_link(page.link);
    if (next.empty()) break;
    const io::ParsedUrl parsed = io::resolve_redirect(url, next);
    if (!parsed.url || parsed.url->origin != endpoint_.origin)
      refuse("the hub's list of its files goes on elsewhere");
    url = *parsed.url;
  }
  listing.finish();
  io::keep_document(io::url_cache(), key, listing.text());
  return listing;
}

io::FileType HubRepository::type_of(const std::string& path) {
  if (path.empty()) return io::FileType::directory;
  if (const auto known = listing_if_known()) return known->type_of(path);
  {
    const std::lock_guard lock(mutex_);
    if (opened_.contains(path)) return io::FileType::regular;
    if (absent_.contains(path)) return io::FileType::none;
  }
  try {
    auto input = find(path, {});
    const std::lock_guard lock(mutex_);
    opened_[path] = std::move(input);
    return io::FileType::regular;
  } catch (const io::RefusedError& refused) {
    if (refused.code() != kMissingEntry) throw;
  }
  if (!is_file_name(path)) return listing()->type_of(path);
  const std::lock_guard lock(mutex_);
  absent_.insert(path);
  return io::FileType::none;
}

std::vector<std::string> HubRepository::names_in(const std::string& directory) {
  return listing()->names_in(directory);
}

std::optional<std::uint64_t> HubRepository::size_of(const std::string& path) {
  const auto known = listing_if_known();
  const ListedFile* const file = known ? known->file(path) : nullptr;
  return file == nullptr ? std::nullopt : std::optional(file->size);
}

void HubRepository::open_ahead(const std::vector<std::string>& paths) {
  const std::string commit = known_commit();
  const auto listing = listing_if_known();
  std::vector<io::RemoteName> names;
  for (const std::string& path : paths) {
    if (listing && listing->file(path) == nullptr) continue;
    if (commit.empty() || !open_cached(path, commit)) names.push_back(file_name(path, commit));
  }
  io::open_urls_ahead(names);
}

std::shared_ptr<io::Input> HubRepository::open(const std::string& path, const io::Spooling& spooling) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = opened_.find(path); found != opened_.end()) {
      auto input = std::move(found->second);
      opened_.erase(found);
      return input;
    }
  }
  try {
    return find(path, spooling);
  } catch (const io::RefusedError& refused) {
    if (refused.code() != kMissingEntry) throw;
  }
  refuse_missing(path);
}

std::shared_ptr<io::Input> HubRepository::find(const std::string& path, const io::Spooling& spooling) {
  // Where the file is kept at the commit that was told last, to ask whether it still is that one is enough.
  if (known_commit().empty() && is_kept_at_last_commit(path)) static_cast<void>(commit());
  // A snapshot can be there only where the cache has the repository.
  const std::string cached = cached_repository(name_);
  if (io::is_offline() || (!cached.empty() && io::type_of(cached) == io::FileType::directory)) {
    if (auto input = open_cached(path, commit())) return input;
  }
  return open_at_hub(path, spooling);
}

std::shared_ptr<io::Input> HubRepository::open_cached(const std::string& path,
                                                      const std::string& commit) const {
  const std::string snapshot = cached_snapshot(name_, commit);
  if (snapshot.empty()) return nullptr;
  io::Neighbour found = io::find_in_directory(snapshot, path, link_policy(false));
  if (!found.file) return nullptr;
  auto input = io::FileInput::adopt(std::move(found.file), shown(path), found.path);
  // What is packed has to be unpacked, and then it is no longer what the commit has.
  if (io::is_packed(input->view(0, std::min<std::uint64_t>(input->size(), 512)).view)) return nullptr;
  input->set_remote(std::make_shared<io::RemoteName>(file_name(path, commit)));
  if (found.sha256) input->expect_sha256(*found.sha256);
  return input;
}

std::shared_ptr<io::Input> HubRepository::open_at_hub(const std::string& path, const io::Spooling& spooling) {
  const auto known = listing_if_known();
  const ListedFile* const listed = known ? known->file(path) : nullptr;
  if (known && listed == nullptr) refuse_missing(path);
  auto input = io::open_url(file_name(path, known_commit()), spooling);
  if (is_commit(input->remote()->commit) && known_commit().empty()) {
    learn_commit(input->remote()->commit);
    io::keep_document(io::url_cache(), last_commit_key(), known_commit());
  }
  if (listed == nullptr || input->packed_size()) return input;
  if (input->size() != listed->size) {
    throw IoError({input->name(), {}, {}}, "has " + plural(input->size(), "byte") +
                                               ", and the hub's list of files says " +
                                               with_thousands(listed->size));
  }
  if (listed->sha256) input->expect_sha256(*listed->sha256, "the hub");
  return io::held_to_sha256(std::move(input), io::Unread::judge_if_few);
}

void HubRepository::refuse_missing(const std::string& path) {
  const auto listed_files = listing();
  if (listed_files->type_of(path) == io::FileType::directory) {
    throw IoError({shown(path), {}, {}}, "is a directory of the repository; it has " +
                                             listed(listed_files->names_in(path), kMaxNamed));
  }
  std::string directory = path;
  do {
    const auto slash = directory.rfind('/');
    directory.resize(slash == std::string::npos ? 0 : slash);
  } while (listed_files->type_of(directory) != io::FileType::directory);
  const std::vector<std::string> names = listed_files->names_in(directory);
  const std::string place = directory.empty() ? "the repository" : shown(directory);
  const std::string why = "there is no such file in the repository";
  throw IoError({shown(path), {}, {}}, names.empty()
                                           ? why + ", which is empty"
                                           : why + "; " + place + " has " + listed(names, kMaxNamed));
}

}  // namespace aerotool::hub
