// Bytes that can only be made from front to back, for readers that ask for runs of them in order, or nearly
// so, as threads that share a read ask.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "core/bytes.hpp"

namespace aerotool::io {

class ForwardReader {
 public:
  /// Fills `out` with the bytes that come next; fewer only at their end, of which it is asked once more.
  using Next = std::function<std::size_t(std::span<std::byte> out)>;
  /// Begins from the front, as often as it is called.
  using Begin = std::function<Next()>;
  /// Who knows what they are tells that there are fewer or more bytes than `size`: throws.
  using RefuseSize = std::function<void(std::uint64_t at_least, bool are_more)>;

  ForwardReader(std::uint64_t size, Begin begin, RefuseSize refuse_size)
      : size_(size), begin_(std::move(begin)), refuse_size_(std::move(refuse_size)) {}
  ForwardReader(const ForwardReader&) = delete;
  ForwardReader& operator=(const ForwardReader&) = delete;

  /// Fills `out` from `offset` on; the range is inside. Reading the last byte, or nothing where there is
  /// nothing, checks that no byte follows. Going back by more than 2 MiB begins from the front once more.
  /// Thread-safe: one thread makes bytes at a time. Throws what Next and RefuseSize throw.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  void begin() const;
  void make_some() const;
  void finish() const;
  std::uint64_t oldest() const;

  std::uint64_t size_;
  Begin begin_;
  RefuseSize refuse_size_;
  mutable std::mutex mutex_;
  // What was made last, in a ring: the byte at offset n is recent_[n % recent_.size()].
  mutable std::vector<std::byte> recent_;
  mutable std::uint64_t position_ = 0;  ///< of the next byte that is made
  mutable Next next_;
  mutable bool is_finished_ = false;
};

}  // namespace aerotool::io
