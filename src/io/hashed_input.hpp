// An input whose SHA-256 is known once it has been read, without a second read.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "hash/sha256.hpp"
#include "io/input.hpp"

namespace aerotool::io {

/// What require_sha256() does where others have not read all of an input.
enum class Unread {
  read,         ///< it reads the rest
  judge_if_few  ///< where that is much, it says nothing
};

/// The input, held to its expected SHA-256 by require_sha256(); itself where there is none.
std::shared_ptr<Input> held_to_sha256(std::shared_ptr<Input> input, Unread unread = Unread::read);

class HashedInput final : public Input {
 public:
  HashedInput(std::shared_ptr<Input> input, Unread unread);

  void read(std::uint64_t offset, std::span<std::byte> out) const override;
  Bytes view(std::uint64_t offset, std::uint64_t length) const override {
    return input_->view(offset, length);
  }
  std::uint64_t next_stored(std::uint64_t offset, std::uint64_t end) const override {
    return input_->next_stored(offset, end);
  }
  void expect_reads(std::span<const ByteRange> runs) const override { input_->expect_reads(runs); }
  void require_unchanged() const override { input_->require_unchanged(); }
  std::uint64_t preferred_block_size() const override { return input_->preferred_block_size(); }
  bool is_here() const override { return input_->is_here(); }
  bool holds_sha256() const override { return true; }
  void hash_reads() const override;
  void require_sha256() const override;

 private:
  /// A read that has not come back.
  class Reading;

  // All with the lock held.
  bool is_being_read(std::uint64_t offset) const;
  /// Takes bytes that were read where they are next, keeps some that are early, and passes over others: they
  /// are read again at the end.
  void add(std::uint64_t offset, ByteSpan bytes, std::unique_lock<std::mutex>& lock) const;
  void hash(ByteSpan bytes) const;
  /// Up to `end`, where that is not far and nobody reads it.
  void bridge(std::uint64_t end) const;
  void hash_early() const;
  void hash_from_input(std::uint64_t end) const;

  const std::shared_ptr<Input> input_;
  const Unread unread_;
  mutable std::mutex mutex_;
  mutable std::condition_variable moved_;
  mutable bool hashes_ = false;
  mutable hash::Sha256 sha256_;
  // Bytes that others read, some perhaps twice, or that were read for the hash.
  mutable std::uint64_t seen_ = 0;
  mutable std::uint64_t hashed_ = 0;                                // bytes from the start
  mutable std::multimap<std::uint64_t, std::uint64_t> being_read_;  // begin to end
  mutable std::map<std::uint64_t, std::vector<std::byte>> early_;   // by offset
  mutable std::uint64_t early_bytes_ = 0;
  mutable std::optional<Digest> found_;
};

}  // namespace aerotool::io
