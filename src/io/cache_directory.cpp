#include "io/cache_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <span>
#include <utility>

#include "core/error.hpp"
#include "io/file_lock.hpp"
#include "io/file_status.hpp"
#include "io/whole_transfers.hpp"

namespace aerotool::io {
namespace {

constexpr mode_t kOwnDirectory = 0700;
constexpr mode_t kOwnFile = 0600;
constexpr const char* kVersion = "v1";
constexpr std::uint64_t kMostOfKey = std::uint64_t{64} << 10;
// So that what lies there instead of a file of ours neither leads elsewhere nor holds us up.
constexpr int kAsItIs = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

bool is_closed_to_writers(int error_number) {
  return error_number == EROFS || error_number == EACCES || error_number == EPERM;
}

/// Whether nobody but the user can put anything there. Else errno is set.
bool is_ours_alone(const Fd& directory) {
  struct ::stat status {};
  if (::fstat(directory.get(), &status) != 0) return false;
  errno = EPERM;
  return status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// Whether it is a regular file of the user's under no other name. Else errno is set.
bool is_own_file(const Fd& file) {
  struct ::stat status {};
  if (::fstat(file.get(), &status) != 0) return false;
  errno = EPERM;
  return S_ISREG(status.st_mode) && status.st_uid == ::geteuid() && status.st_nlink == 1;
}

void make_directories_to(const std::string& path) {
  // Where one cannot be made, what comes next cannot be opened, and tells.
  for (std::size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1))
    ::mkdir(path.substr(0, end).c_str(), kOwnDirectory);
  ::mkdir(path.c_str(), kOwnDirectory);
}

Fd open_root_in(const std::string& directory) {
  const Fd top = open_fd(directory, O_RDONLY | O_DIRECTORY);
  if (!top) return {};
  Fd root = open_cache_place(top, kVersion);
  if (root && !is_ours_alone(root)) return {};
  return root;
}

/// By errno.
IoError unusable_cache(const std::string& path) {
  if (errno == EPERM)
    return {Where{path, {}, {}}, "cannot use the cache: what lies there is not a file of this user's alone"};
  return system_error(path, "use the cache", errno);
}

/// Tells backups to pass it over (the Cache Directory Tagging Specification), where that can be written.
void tag_as_cache(const Fd& root) {
  constexpr std::string_view kTag =
      "Signature: 8a477f597d28d172789f06886806bc55\n"
      "# What aerotool has read from servers. It may be removed.\n";
  const Fd tag = open_fd(root.get(), "CACHEDIR.TAG", O_WRONLY | O_CREAT | O_EXCL | kAsItIs, kOwnFile);
  if (tag) static_cast<void>(write_whole(tag.get(), 0, bytes_of(kTag)));
}

Fd make_root(const CacheSettings& settings) {
  const std::string& directory = settings.directory;
  if (directory.empty()) throw IoError(Where{"the cache", {}, {}}, "has no place: HOME is not set");
  Fd root = open_root_in(directory);
  if (!root && errno == ENOENT) {
    make_directories_to(directory + "/" + kVersion);
    root = open_root_in(directory);
    if (root) tag_as_cache(root);
  }
  if (!root) throw unusable_cache(directory);
  return root;
}

/// Opens a directory in v1, makes it where it is missing, and locks it with LOCK_SH for as long as it is
/// open. None, with errno, where that fails.
Fd hold_place(const Fd& root, const std::string& name) {
  // Eviction may remove it in between, over and over if the bound is tiny.
  constexpr int kMostTries = 16;
  for (int tries = 0; tries < kMostTries; ++tries) {
    Fd directory = open_cache_place(root, name);
    if (!directory) {
      if (errno != ENOENT) return {};
      if (::mkdirat(root.get(), name.c_str(), kOwnDirectory) != 0 && errno != EEXIST) return {};
      continue;
    }
    if (!is_ours_alone(directory)) return {};
    auto lock = FileLock::soon(directory.get(), LOCK_SH);
    if (!lock) return {};
    if (!still_named(root, name, directory)) continue;
    lock->keep();
    return directory;
  }
  errno = EBUSY;
  return {};
}

/// None, with errno, where it cannot be opened or is no file of ours.
Fd open_own_file(const Fd& directory, const char* name, int flags) {
  Fd file = open_fd(directory.get(), name, flags | kAsItIs, kOwnFile);
  if (file && !is_own_file(file)) return {};
  return file;
}

/// A file of an entry, which `writable` says how to open, and is told where it can only be read.
Fd open_entry_file(const Fd& directory, const char* name, int flags, bool& writable) {
  if (writable) {
    if (Fd file = open_own_file(directory, name, flags | O_RDWR | O_CREAT)) return file;
    if (!is_closed_to_writers(errno)) return {};
    writable = false;
  }
  return open_own_file(directory, name, flags | O_RDONLY);
}

std::string text_of(const Fd& file) {
  struct ::stat status {};
  if (::fstat(file.get(), &status) != 0 || std::cmp_greater(status.st_size, kMostOfKey)) return {};
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  if (!read_whole(file.get(), 0, std::as_writable_bytes(std::span(text)))) return {};
  return text;
}

/// Makes `key` hold a text, and sets the time of the last use. False, with errno, where that fails.
bool keep_key(const Fd& directory, const std::string& text) {
  const Fd file = open_own_file(directory, "key", O_RDWR | O_CREAT);
  if (!file) return false;
  if (text_of(file) != text) {
    const auto lock = FileLock::soon(file.get(), LOCK_EX);
    if (!lock) return false;
    if (::ftruncate(file.get(), 0) != 0 || !write_whole(file.get(), 0, bytes_of(text))) return false;
  }
  return ::futimens(file.get(), nullptr) == 0;
}

/// Gives `data` the object's length.
void keep_length(const CacheEntry& entry, const std::string& path, std::uint64_t size) {
  struct ::stat status {};
  if (::fstat(entry.data.get(), &status) != 0) throw system_error(path, "look at the cache", errno);
  if (std::cmp_equal(status.st_size, size)) return;
  if (std::cmp_greater(size, std::numeric_limits<off_t>::max()))
    throw system_error(path, "write to the cache", EFBIG);
  const auto lock = FileLock::soon(entry.blocks.get(), LOCK_EX);
  if (!lock || ::ftruncate(entry.data.get(), static_cast<off_t>(size)) != 0)
    throw system_error(path, "write to the cache", errno);
}

/// A pin that cannot be written costs a request.
void keep_pin(const Fd& root, const CacheKey& key) {
  const Fd place = hold_place(root, pin_name(key.origin, key.path, key.commit));
  if (place) static_cast<void>(keep_key(place, key_text(key)));
}

}  // namespace

CacheEntry open_cache_entry(const CacheSettings& settings, const CacheKey& key) {
  const std::string& path = settings.directory;
  const Fd root = make_root(settings);
  CacheEntry entry;
  entry.directory = hold_place(root, entry_name(key));
  if (!entry.directory) throw unusable_cache(path);
  entry.data = open_entry_file(entry.directory, "data", 0, entry.writable);
  if (entry.data) entry.blocks = open_entry_file(entry.directory, "blocks", O_APPEND, entry.writable);
  if (!entry.data || !entry.blocks) throw unusable_cache(path);
  if (!entry.writable) return entry;
  keep_length(entry, path, key.size);
  if (!keep_key(entry.directory, key_text(key))) throw system_error(path, "write to the cache", errno);
  keep_pin(root, key);
  return entry;
}

std::optional<CacheKey> find_pinned(const CacheSettings& settings, const std::string& origin,
                                    const std::string& path, const std::string& commit) {
  if (settings.mode == CacheMode::off) return std::nullopt;
  const Fd root = find_cache_root(settings);
  if (!root) return std::nullopt;
  const Fd pin = open_cache_place(root, pin_name(origin, path, commit));
  if (!pin || !is_ours_alone(pin)) return std::nullopt;
  const Fd file = open_own_file(pin, "key", O_RDONLY);
  if (!file) return std::nullopt;
  auto key = key_from_text(text_of(file));
  if (!key || key->commit != commit) return std::nullopt;
  key->origin = origin;
  key->path = path;
  // The name of the entry is a hash of what the pin says, so one that is damaged leads nowhere.
  if (!open_cache_place(root, entry_name(*key))) return std::nullopt;
  static_cast<void>(::futimens(file.get(), nullptr));
  return key;
}

Fd find_cache_root(const CacheSettings& settings) {
  errno = ENOENT;
  return settings.directory.empty() ? Fd() : open_root_in(settings.directory);
}

Fd open_cache_place(const Fd& root, const std::string& name) {
  return open_fd(root.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

bool still_named(const Fd& root, const std::string& name, const Fd& directory) {
  struct ::stat open {};
  struct ::stat there {};
  return ::fstat(directory.get(), &open) == 0 &&
         ::fstatat(root.get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
         identity_of(open) == identity_of(there);
}

}  // namespace aerotool::io
