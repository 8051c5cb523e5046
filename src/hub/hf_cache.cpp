#include "hub/hf_cache.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "hub/content_name.hpp"
#include "hub/hub_settings.hpp"
#include "io/file_input.hpp"
#include "io/listing.hpp"
#include "io/no_links.hpp"

namespace aerotool::hub {
namespace {

constexpr std::string_view kSnapshots = "/snapshots/";
constexpr std::string_view kUnfinished = ".incomplete";
constexpr const char* kSharedMarker = ".huggingface-shared-blobs";
constexpr std::size_t kMaxListed = 8;
constexpr std::size_t kShortestRevision = 7;
constexpr std::size_t kLongestRevision = 64;

bool is_revision(std::string_view text) {
  return text.size() >= kShortestRevision && text.size() <= kLongestRevision && is_hexadecimal(text);
}

/// The directory of the repository whose snapshot `directory` is, or lies in; empty where it is none.
std::string repository_of(const std::string& directory) {
  const auto at = directory.rfind(kSnapshots);
  if (at == std::string::npos) return {};
  const std::string_view below = std::string_view(directory).substr(at + kSnapshots.size());
  if (!is_revision(below.substr(0, below.find('/')))) return {};
  std::string repository = directory.substr(0, at);
  return is_repository_name(last_name(repository)) ? repository : std::string{};
}

/// The one name by which `path` lies in `directory`; empty where it does not.
std::string name_in(const std::string& path, const std::string& directory) {
  if (!path.starts_with(directory + "/")) return {};
  std::string name = path.substr(directory.size() + 1);
  return name.find('/') == std::string::npos ? name : std::string{};
}

/// After a file could not be opened: whether it is missing, or not what the rule admits. All else is the
/// machine's failure.
void require_no_failure(const std::string& path) {
  for (const int expected : {ENOENT, ENOTDIR, ELOOP, ENXIO}) {
    if (errno == expected) return;
  }
  throw system_error(path, "open", errno);
}

/// The second hop: a blob that is a link to one that repositories share.
io::OpenFile open_shared(const std::string& repository, const std::string& text) {
  constexpr std::size_t kPrefix = 2;
  constexpr std::size_t kHashDigits = 64;
  const std::string store = parent_of(repository) + "/blobs";
  const std::string path = io::joined_as_text(repository + "/blobs", text);
  const std::string hash(last_name(path));
  if (hash.size() != kHashDigits || !is_hexadecimal(hash)) return {};
  const std::string prefix = hash.substr(0, kPrefix);
  if (path != store + "/" + prefix + "/" + hash) return {};
  const auto blobs = io::LinklessDirectory::at(store);
  if (!blobs || !blobs.has_regular_file(kSharedMarker)) return {};
  const auto group = blobs.below(prefix);
  if (!group) return {};
  io::OpenFile file = group.file(hash);
  if (!file) require_no_failure(path);
  return file;
}

std::vector<std::string> directories_in(const std::string& path) {
  std::vector<std::string> names;
  if (io::type_of(path) != io::FileType::directory) return names;
  for (std::string& name : io::names_in(path)) {
    const std::string place = path + "/" + name;
    if (name.starts_with('.') || io::link_text(place)) continue;
    if (io::type_of(place) == io::FileType::directory) names.push_back(std::move(name));
  }
  sort_names(names);
  return names;
}

/// What a file in refs holds; none where it is not there, a text that is no revision where it cannot be one.
std::optional<std::string> revision_in(const std::string& name) {
  io::OpenFile file = io::open_unless_link(name);
  if (!file) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    require_no_failure(name);
    return missing ? std::nullopt : std::optional<std::string>("");
  }
  if (!file.is_regular()) return "";
  const auto input = io::FileInput::adopt(std::move(file), name);
  if (input->size() > kLongestRevision) return "";
  return std::string(input->view(0, input->size()).text());
}

}  // namespace

bool is_repository_name(std::string_view name) {
  constexpr std::array<std::string_view, 4> kKinds = {"models--", "datasets--", "spaces--", "kernels--"};
  return std::any_of(kKinds.begin(), kKinds.end(),
                     [&](std::string_view kind) { return name.starts_with(kind); });
}

io::StoredFile open_in_snapshot(const std::string& directory, const std::string& relative) {
  const std::string repository = repository_of(directory);
  if (repository.empty()) return {};
  const std::string path = io::joined_as_text(directory, relative);
  if (path.empty()) return {};
  const std::string link_directory = parent_of(path);
  const auto around = io::LinklessDirectory::at(link_directory);
  if (!around) return {};
  const auto text = around.link_text(std::string(last_name(path)));
  if (!text) return {};
  const std::string name = name_in(io::joined_as_text(link_directory, *text), repository + "/blobs");
  if (name.empty() || name.starts_with('.')) return {};
  const std::string blob = "'blobs/" + escape_controls(shortened(name)) + "'";
  if (name.ends_with(kUnfinished)) return {{}, {}, "is a link to " + blob + ", an unfinished download"};
  const auto blobs = io::LinklessDirectory::at(repository + "/blobs");
  if (!blobs) return {};
  io::StoredFile stored;
  stored.file = blobs.file(name);
  if (!stored.file) {
    require_no_failure(repository + "/blobs/" + name);
    if (errno == ENOENT)
      return {{}, {}, "is a link to " + blob + ", which is missing from the cache; download it again"};
    if (const auto hop = blobs.link_text(name)) stored.file = open_shared(repository, *hop);
  }
  if (!stored.file || !stored.file.is_regular()) return {};
  stored.sha256 = sha256_in_name(name);
  return stored;
}

std::optional<std::string> snapshot_in_use(const std::string& path) {
  if (!is_repository_name(last_name(io::real_path(path)))) return std::nullopt;
  const std::string directory = path.ends_with('/') ? path.substr(0, path.find_last_not_of('/') + 1) : path;
  const std::vector<std::string> snapshots = directories_in(directory + "/snapshots");
  if (snapshots.empty()) return std::nullopt;
  const auto refuse = [&](const std::string& why) {
    throw UsageError(
        describe({path, {}, {}}, why + "; name one of its snapshots: " + listed(snapshots, kMaxListed)));
  };
  const auto revision = revision_in(directory + "/refs/main");
  if (!revision) {
    refuse("has no refs/main, which says what snapshot is in use");
  } else if (!is_revision(*revision)) {
    refuse("its refs/main names no snapshot");
  } else if (std::find(snapshots.begin(), snapshots.end(), *revision) == snapshots.end()) {
    refuse("its refs/main names snapshot " + *revision + ", which is missing");
  }
  return directory + "/snapshots/" + *revision;
}

std::string cached_repository(const HubName& name) {
  const std::string cache = hub_cache_directory();
  if (cache.empty()) return {};
  return cache + "/" + std::string(kind_segment(name.kind)) + "--" + name.owner + "--" + name.name;
}

std::string cached_commit(const HubName& name) {
  if (is_commit(name.revision)) return name.revision;
  const std::string repository = cached_repository(name);
  if (repository.empty()) return {};
  const std::string commit = revision_in(repository + "/refs/" + name.asked_revision()).value_or("");
  return is_commit(commit) ? commit : std::string{};
}

std::string cached_snapshot(const HubName& name, const std::string& commit) {
  const std::string repository = cached_repository(name);
  if (repository.empty() || !is_commit(commit)) return {};
  std::string snapshot = repository + "/snapshots/" + commit;
  const bool there = !io::is_link(snapshot) && io::type_of(snapshot) == io::FileType::directory;
  return there ? snapshot : std::string{};
}

std::string choices_in_cache(const std::string& path) {
  const std::string real = io::real_path(path);
  if (last_name(real) == "snapshots" && is_repository_name(last_name(parent_of(real)))) {
    const std::vector<std::string> snapshots = directories_in(path);
    if (snapshots.empty()) return {};
    return "this directory holds the snapshots of a model; name one of them: " +
           listed(snapshots, kMaxListed);
  }
  std::vector<std::string> repositories = directories_in(path);
  std::erase_if(repositories, [](const std::string& name) { return !is_repository_name(name); });
  if (repositories.empty()) return {};
  return "this directory is a Hugging Face cache; name one of its repositories: " +
         listed(repositories, kMaxListed);
}

}  // namespace aerotool::hub
