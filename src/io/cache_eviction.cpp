#include "io/cache_eviction.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "io/cache_directory.hpp"
#include "io/cache_key.hpp"
#include "io/file_lock.hpp"
#include "platform/files.hpp"

namespace aerotool::io {
namespace {

// Without `blocks` nothing of `data` counts any more, so it goes first.
constexpr std::array<const char*, 3> kFilesOfEntry = {"blocks", "data", "key"};

/// Seconds and nanoseconds.
using UseTime = std::pair<std::int64_t, std::int64_t>;

struct Evictable {
  UseTime used;
  std::uint64_t bytes = 0;
  std::string name;
};

UseTime use_time_of(const struct ::stat& status) {
  const struct timespec time = platform::modification_time(status);
  return {static_cast<std::int64_t>(time.tv_sec), static_cast<std::int64_t>(time.tv_nsec)};
}

/// False where the directory cannot be read.
bool for_each_name(const Fd& directory, const std::function<void(const std::string& name)>& take) {
  Fd copy = open_fd(directory.get(), ".", O_RDONLY | O_DIRECTORY);
  if (!copy) return false;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(copy.get()), ::closedir);
  if (!entries) return false;
  copy.release();
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string name(&entry->d_name[0]);
    if (name != "." && name != "..") take(name);
  }
  return true;
}

/// What is known of an entry; nothing where it is not of the cache's shape.
std::optional<Evictable> look_at_entry(const Fd& directory, const std::string& name) {
  constexpr std::uint64_t kUnit = 512;  // of st_blocks
  struct ::stat status {};
  if (::fstat(directory.get(), &status) != 0) return std::nullopt;
  Evictable entry{use_time_of(status), static_cast<std::uint64_t>(status.st_blocks) * kUnit, name};
  bool ours = true;
  const bool all = for_each_name(directory, [&](const std::string& file) {
    const bool known = std::find(kFilesOfEntry.begin(), kFilesOfEntry.end(), file) != kFilesOfEntry.end();
    if (!known || ::fstatat(directory.get(), file.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode)) {
      ours = false;
      return;
    }
    entry.bytes += static_cast<std::uint64_t>(status.st_blocks) * kUnit;
    if (file == "key") entry.used = use_time_of(status);
  });
  if (!all || !ours) return std::nullopt;
  return entry;
}

std::vector<Evictable> find_evictable(const Fd& root) {
  std::vector<Evictable> found;
  for_each_name(root, [&](const std::string& name) {
    if (!is_cache_name(name)) return;
    const Fd directory = open_cache_place(root, name);
    if (!directory) return;
    if (auto entry = look_at_entry(directory, name)) found.push_back(std::move(*entry));
  });
  return found;
}

/// How many bytes became free: none where the entry is in use, or has been since it was looked at.
std::uint64_t remove_entry(const Fd& root, const Evictable& entry) {
  const Fd directory = open_cache_place(root, entry.name);
  if (!directory) return 0;
  const auto lock = FileLock::at_once(directory.get(), LOCK_EX);
  if (!lock || !still_named(root, entry.name, directory)) return 0;
  const auto now = look_at_entry(directory, entry.name);
  if (!now || now->used != entry.used) return 0;
  for (const char* file : kFilesOfEntry) ::unlinkat(directory.get(), file, 0);
  // It fails where something has been put there meanwhile, which then stays.
  return ::unlinkat(root.get(), entry.name.c_str(), AT_REMOVEDIR) == 0 ? now->bytes : 0;
}

}  // namespace

std::uint64_t evict(const CacheSettings& settings) {
  const Fd root = find_cache_root(settings);
  if (!root) return 0;
  std::vector<Evictable> entries = find_evictable(root);
  std::sort(entries.begin(), entries.end(), [](const Evictable& a, const Evictable& b) {
    return std::tie(a.used, a.name) < std::tie(b.used, b.name);
  });
  std::uint64_t held = 0;
  for (const Evictable& entry : entries) held += entry.bytes;
  std::uint64_t freed = 0;
  for (const Evictable& entry : entries) {
    if (held - freed <= settings.most_bytes) break;
    freed += std::min(remove_entry(root, entry), held - freed);
  }
  return freed;
}

}  // namespace aerotool::io
