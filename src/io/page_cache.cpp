#include "io/page_cache.hpp"

#include "platform/files.hpp"
#include "platform/memory.hpp"

namespace aerotool::io {
namespace {

constexpr std::uint64_t kWindow = std::uint64_t{32} << 20;

/// Bytes that this process has read and written.
std::atomic<std::uint64_t> moved{0};

bool is_much(std::uint64_t bytes) {
  static const std::uint64_t half = [] {
    const std::uint64_t memory = platform::physical_memory();
    return memory == 0 ? ~std::uint64_t{0} : memory / 2;
  }();
  return bytes > half;
}

std::uint64_t start_of(std::uint64_t window) {
  return window * kWindow;
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
  if (kind_ == Kind::written) platform::begin_write_out(fd, start_of(last), kWindow);
  if (behind == kNone || behind == window) return;
  if (kind_ == Kind::written) {
    // Pages that are not on the disk yet cannot be given back.
    platform::finish_write_out(fd, start_of(behind), kWindow);
  }
  platform::give_back(fd, start_of(behind), kWindow);
}

void PageCache::finished(int fd) {
  if (is_much(moved.load())) platform::give_back(fd, 0, 0);
}

}  // namespace aerotool::io
