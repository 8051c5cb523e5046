// Hashes of runs of bytes other than BLAKE3, over a read that somebody makes anyway, in whatever order its
// threads go through it. SHA-256 and XXH3 can only be computed from front to back; CRCs of pieces are put
// together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/bytes.hpp"
#include "hash/checksum.hpp"
#include "hash/checksum_list.hpp"
#include "hash/running_checksum.hpp"

namespace aerotool {

class OrderedChecksums {
 public:
  /// Reads a run again, where its bytes were too far ahead of their turn to be kept.
  using Read = std::function<void(std::size_t run, std::uint64_t offset, std::span<std::byte> out)>;
  explicit OrderedChecksums(Read read) : read_(std::move(read)) {}

  /// Before the first add(). The run, a small number, has that many bytes.
  void want(std::size_t run, hash::Algorithm algorithm, std::uint64_t size);
  bool any() const { return !wanted_.empty(); }
  /// Those that may be wanted have numbers below it.
  std::size_t end() const { return wanted_.size(); }
  bool wants(std::size_t run) const { return run < wanted_.size() && wanted_[run].is_wanted; }
  bool wants(std::size_t run, hash::Algorithm algorithm) const {
    return wants(run) && wanted_[run].algorithm == algorithm;
  }

  /// Bytes of a run from `offset` on; each byte comes once. Those of a run that nobody wants are passed over.
  /// Thread-safe.
  void add(std::size_t run, std::uint64_t offset, ByteSpan bytes);
  /// After all bytes; not thread-safe. Throws what reading throws.
  hash::Checksum finish(std::size_t run);
  /// After finish().
  hash::Checksum result(std::size_t run) const { return finished_.at(run); }

 private:
  struct Wanted {
    std::uint64_t size = 0;
    hash::Algorithm algorithm = hash::Algorithm::xxh3;
    bool is_wanted = false;
  };
  struct Progress {
    explicit Progress(hash::Algorithm algorithm) : checksum(algorithm) {}
    void take_turn(ByteSpan bytes);

    std::mutex mutex;
    hash::RunningChecksum checksum;
    std::uint64_t position = 0;  // of CRCs: how many bytes have come
    std::uint32_t crc = 0;       // the sum of what the pieces are of the whole
    std::map<std::uint64_t, std::vector<std::byte>> ahead;
    std::uint64_t bytes_ahead = 0;
  };

  std::shared_ptr<Progress> progress_of(std::size_t run);
  void add_crc(std::size_t run, std::uint64_t offset, ByteSpan bytes);
  void keep(std::size_t run, const hash::Checksum& found);

  Read read_;
  // By run: there may be as many as tensors.
  std::vector<Wanted> wanted_;
  hash::ChecksumList finished_;
  std::mutex mutex_;
  std::unordered_map<std::size_t, std::shared_ptr<Progress>> begun_;  // and not finished
};

}  // namespace aerotool
