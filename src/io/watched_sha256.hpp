// The SHA-256 of a whole input over the reads that somebody makes anyway, in whatever order its threads go
// through it: who copies all of a file need not read it again to hold it to its hash.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "core/bytes.hpp"
#include "hash/digest.hpp"
#include "hash/sha256.hpp"

namespace aerotool::io {

/// Thread-safe. What comes too far ahead of its turn is not kept, and read again at the end.
class WatchedSha256 {
 public:
  using Read = std::function<void(std::uint64_t offset, std::span<std::byte> out)>;

  /// Of an input of `size` bytes, which `read` reads. The first `head` bytes are read now: they are at hand.
  WatchedSha256(std::uint64_t size, std::uint64_t head, Read read);
  ~WatchedSha256();
  WatchedSha256(const WatchedSha256&) = delete;
  WatchedSha256& operator=(const WatchedSha256&) = delete;

  /// Bytes that somebody has read.
  void add(std::uint64_t offset, ByteSpan bytes);
  /// Nothing where so little has been read that the hash is not worth reading the rest. Throws what `read`
  /// throws. To be called once, after all reads.
  std::optional<Digest> finish();

 private:
  void take_turn(std::uint64_t offset, ByteSpan bytes);
  void take_those_ahead();
  void read_until(std::uint64_t end);

  const std::uint64_t size_;
  const Read read_;
  std::mutex mutex_;
  hash::Sha256 sha256_;
  std::uint64_t position_ = 0;
  std::uint64_t bytes_read_ = 0;                           // by others, some perhaps twice
  std::map<std::uint64_t, std::vector<std::byte>> ahead_;  // by offset
};

}  // namespace aerotool::io
