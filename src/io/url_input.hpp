// Inputs behind URLs: heads come by way of the cache (io/block_cache.hpp), weights by ranges as they are
// read.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/block_cache.hpp"
#include "io/input.hpp"
#include "io/remote_file.hpp"
#include "io/remote_name.hpp"

namespace aerotool::io {

/// view() keeps what it fetches, in whole blocks. read() takes what is kept, and fetches the rest: each run
/// of reads that follow one another by requests that grow up to 8 MiB. What is fetched and not yet read is
/// held in memory, 64 MiB at most.
class UrlInput final : public Input {
 public:
  /// Asks for the first MiB, or whether it is still what the cache has; for nothing where the commit tells or
  /// nobody may be asked. Null where the server does not read ranges. Throws IoError.
  static std::shared_ptr<Input> open(std::shared_ptr<RemoteAccess> access, const CacheSettings& cache,
                                     RemoteName name);

  void read(std::uint64_t offset, std::span<std::byte> out) const override;
  Bytes view(std::uint64_t offset, std::uint64_t length) const override;
  /// Each answer is held to the first one as it comes.
  void require_unchanged() const override {}
  std::uint64_t preferred_block_size() const override;

 private:
  /// A run of bytes that one request fetches.
  struct Window {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::unique_ptr<std::byte[]> bytes = {};
    std::uint64_t arrived = 0;  ///< bytes of them
    bool is_being_fetched = true;
    std::size_t users = 0;  ///< threads that copy from it
  };
  using Windows = std::list<Window>;

  UrlInput(const RemoteName& name, std::shared_ptr<RemoteFile> file, std::shared_ptr<BlockCache> cache,
           bool keeps_all);
  /// How many of the bytes from `offset` on it got; at least one.
  std::size_t read_some(std::uint64_t offset, std::span<std::byte> out) const;
  bool is_near_window(std::uint64_t offset) const;
  std::size_t read_kept(std::uint64_t offset, std::span<std::byte> out) const;
  /// With the lock held.
  Windows::iterator open_window(std::uint64_t offset, std::uint64_t wanted) const;
  void fetch(Window& window, std::unique_lock<std::mutex>& lock) const;
  void keep(const Window& window) const;
  void fetch_blocks(const MissingRange& missing, std::uint64_t offset, std::span<std::byte> out) const;

  const std::shared_ptr<RemoteFile> file_;
  const std::shared_ptr<BlockCache> cache_;
  const bool keeps_all_;
  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  mutable Windows windows_;  // the newest first
};

}  // namespace aerotool::io
