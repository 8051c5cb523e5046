#include "io/page_cache.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace aerotool::io {
namespace {

constexpr std::uint64_t kWindow = std::uint64_t{32} << 20;

/// Bytes that this process has read and written.
std::atomic<std::uint64_t> moved{0};

bool is_much(std::uint64_t bytes) {
  static const std::uint64_t half = [] {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long page = ::sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) / 2
                                 : ~std::uint64_t{0};
  }();
  return bytes > half;
}

off_t start_of(std::uint64_t window) {
  return static_cast<off_t>(window * kWindow);
}

}  // namespace

void PageCache::used(int fd, std::uint64_t offset, std::uint64_t length) {
  const bool much = is_much(moved.fetch_add(length) + length);
  const std::uint64_t window = offset / kWindow;
  std::uint64_t last = current_.load();
  if (window == last || !current_.compare_exchange_strong(last, window) || last == kNone) return;
  // Another thread may still be in the window that was left just now, but not in the one before.
  const std::uint64_t behind = before_.exchange(last);
  if (!much) return;
  if (kind_ == Kind::written) ::sync_file_range(fd, start_of(last), kWindow, SYNC_FILE_RANGE_WRITE);
  if (behind == kNone || behind == window) return;
  if (kind_ == Kind::written) {
    // Pages that are not on the disk yet cannot be given back.
    ::sync_file_range(fd, start_of(behind), kWindow,
                      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  }
  ::posix_fadvise(fd, start_of(behind), kWindow, POSIX_FADV_DONTNEED);
}

void PageCache::finished(int fd) {
  if (is_much(moved.load())) ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

}  // namespace aerotool::io
