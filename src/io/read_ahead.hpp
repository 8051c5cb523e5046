// Fetches runs of a remote file before they are read, several at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "core/bytes.hpp"
#include "core/parallel.hpp"
#include "io/block_cache.hpp"
#include "io/input.hpp"
#include "io/remote_file.hpp"
#include "io/window_buffers.hpp"

namespace aerotool::io {

/// What is read comes in windows: runs of up to WindowBuffers::kBytes, one request each. What expect() has
/// told of is fetched ahead of its readers, and nothing besides; a window ends where that ends. What nobody
/// told of is fetched when it is read, by windows that grow while reads follow one another. Thread-safe.
class ReadAhead {
 public:
  /// `keeps_all`: all that is fetched goes to the cache, too.
  ReadAhead(std::shared_ptr<RemoteFile> file, std::shared_ptr<BlockCache> cache,
            std::shared_ptr<WindowBuffers> buffers, bool keeps_all);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// These runs will be read, each once and in this order; but for those that are not inside the file. What
  /// was expected before is forgotten.
  void expect(std::span<const ByteRange> runs);

  /// Whether the byte is expected, or the next one of a window: no need to look at what is around it.
  bool is_awaited(std::uint64_t offset) const;

  /// Fills the begin of `out` with bytes from `offset` on, and returns how many; at least one. Throws what
  /// RemoteFile::fetch() throws.
  std::size_t read(std::uint64_t offset, std::span<std::byte> out);

 private:
  struct Window;
  using Windows = std::list<Window>;
  using Lock = std::unique_lock<std::mutex>;

  std::optional<std::size_t> planned_at(std::uint64_t offset) const;
  /// The one that has the byte, or will.
  Windows::iterator window_at(std::uint64_t offset);
  /// A new one for what is read from `offset` on, which the caller fetches.
  Windows::iterator open_window(std::uint64_t offset, std::uint64_t wanted);
  /// The end where the cache has all of it.
  Windows::iterator open_planned(std::size_t number, WindowBuffers::Buffer buffer);
  ByteRange unplanned(std::uint64_t offset, std::uint64_t wanted) const;
  /// Closes windows that nobody uses, but not those that are still to be read where `keeps_planned`.
  void close_idle(std::size_t most, bool keeps_planned = false);
  void close(Windows::iterator window);
  void close_if_read(Windows::iterator window);
  void fetch(Windows::iterator window, Lock& lock);
  void keep(const Window& window) const;
  void take_from(Windows::iterator window, std::uint64_t offset, std::span<std::byte> out, Lock& lock);

  void wake_readers();
  void start_helpers();
  void help() noexcept;
  void help_once(Lock& lock);
  std::optional<std::size_t> next_planned() const;

  const std::shared_ptr<RemoteFile> file_;
  const std::shared_ptr<BlockCache> cache_;
  const std::shared_ptr<WindowBuffers> buffers_;
  const bool keeps_all_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;  // for readers
  std::size_t readers_waiting_ = 0;
  std::condition_variable work_;  // for helpers
  Windows windows_;               // the newest first
  std::vector<ByteRange> plan_;
  std::vector<std::size_t> by_offset_;  // numbers in the plan
  std::vector<bool> begun_;             // by the number in the plan
  std::optional<std::size_t> reached_;  // the window of the plan that was read last
  std::deque<ByteRange> before_;        // windows that nobody expected, read to their ends and closed
  std::exception_ptr failure_;          // of a read: no other needs to fail for as long
  std::atomic<bool> stopped_{false};
  bool has_helpers_ = false;
  Threads helpers_;
};

}  // namespace aerotool::io
