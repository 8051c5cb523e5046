// Inputs behind URLs: heads come by way of the cache (io/block_cache.hpp), weights by ranges as they are
// read.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "io/block_cache.hpp"
#include "io/cache_settings.hpp"
#include "io/input.hpp"
#include "io/read_ahead.hpp"
#include "io/remote_file.hpp"
#include "io/remote_name.hpp"

namespace aerotool::io {

/// view() keeps what it fetches, in whole blocks. read() takes what is kept, and the rest as it comes
/// (io/read_ahead.hpp).
class UrlInput final : public Input {
 public:
  /// Asks for the first MiB, or whether it is still what the cache has; for nothing where the commit tells or
  /// nobody may be asked. Null where the server does not read ranges. Throws IoError.
  static std::shared_ptr<Input> open(std::shared_ptr<RemoteAccess> access, const CacheSettings& cache,
                                     RemoteName name);

  ~UrlInput() override;
  UrlInput(const UrlInput&) = delete;
  UrlInput& operator=(const UrlInput&) = delete;

  void read(std::uint64_t offset, std::span<std::byte> out) const override;
  Bytes view(std::uint64_t offset, std::uint64_t length) const override;
  void expect_reads(std::span<const ByteRange> runs) const override;
  bool is_here() const override { return false; }
  /// Each answer is held to the first one as it comes.
  void require_unchanged() const override {}
  std::uint64_t preferred_block_size() const override;

 private:
  UrlInput(std::shared_ptr<RemoteAccess> access, const RemoteName& name, std::shared_ptr<RemoteFile> file,
           std::shared_ptr<BlockCache> cache, std::unique_ptr<ReadAhead> read_ahead);
  /// How many of the bytes from `offset` on it got; at least one.
  std::size_t read_some(std::uint64_t offset, std::span<std::byte> out) const;
  std::size_t read_kept(std::uint64_t offset, std::span<std::byte> out) const;
  void fetch_blocks(const MissingRange& missing, std::uint64_t offset, std::span<std::byte> out) const;

  const std::shared_ptr<RemoteAccess> access_;
  const std::shared_ptr<RemoteFile> file_;
  const std::shared_ptr<BlockCache> cache_;
  const std::unique_ptr<ReadAhead> read_ahead_;
};

}  // namespace aerotool::io
