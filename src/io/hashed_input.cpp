#include "io/hashed_input.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/interrupt.hpp"
#include "io/remote_name.hpp"

namespace aerotool::io {
namespace {

/// What threads that run ahead of each other have read before its turn.
constexpr std::uint64_t kMostEarlyBytes = std::uint64_t{16} << 20;
/// What lies between weights, and before them: a head, which is at hand.
constexpr std::uint64_t kGap = std::uint64_t{1} << 20;
/// Of formats between tensors; what is more may be a block whose thread has not begun to read it.
constexpr std::uint64_t kPadding = std::uint64_t{32} << 10;
constexpr std::uint64_t kHead = std::uint64_t{64} << 20;
constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;

}  // namespace

/// While it lives, others wait for what it reads.
class HashedInput::Reading {
 public:
  Reading(const HashedInput& input, std::uint64_t begin, std::uint64_t end) : input_(input) {
    const std::lock_guard lock(input_.mutex_);
    range_ = input_.being_read_.emplace(begin, end);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() {
    const std::lock_guard lock(input_.mutex_);
    end();
  }
  /// With the lock held.
  void end() {
    if (!range_) return;
    input_.being_read_.erase(*range_);
    range_.reset();
    input_.moved_.notify_all();
  }

 private:
  const HashedInput& input_;
  std::optional<std::multimap<std::uint64_t, std::uint64_t>::iterator> range_;
};

std::shared_ptr<Input> held_to_sha256(std::shared_ptr<Input> input, Unread unread) {
  const bool is_held = input->holds_sha256() && unread == Unread::judge_if_few;
  if (is_held || !input->expected_sha256()) return input;
  return std::make_shared<HashedInput>(std::move(input), unread);
}

HashedInput::HashedInput(std::shared_ptr<Input> input, Unread unread)
    : Input(input->name(), input->identity(), input->version()), input_(std::move(input)), unread_(unread) {
  if (input_->packed_size()) set_packed_size(*input_->packed_size());
  expect_sha256(*input_->expected_sha256(), input_->expected_by());
  if (input_->remote() != nullptr) set_remote(std::make_shared<RemoteName>(*input_->remote()));
  set_links(input_->links());
}

void HashedInput::hash_reads() const {
  const std::lock_guard lock(mutex_);
  hashes_ = true;
}

void HashedInput::read(std::uint64_t offset, std::span<std::byte> out) const {
  Reading reading(*this, offset, offset + out.size());
  input_->read(offset, out);
  std::unique_lock lock(mutex_);
  reading.end();
  if (hashes_) add(offset, out, lock);
}

bool HashedInput::is_being_read(std::uint64_t offset) const {
  return std::ranges::any_of(
      being_read_, [offset](const auto& range) { return range.first <= offset && offset < range.second; });
}

void HashedInput::add(std::uint64_t offset, ByteSpan bytes, std::unique_lock<std::mutex>& lock) const {
  const std::uint64_t end = offset + bytes.size();
  seen_ += bytes.size();
  bridge(offset);
  moved_.wait(lock, [&] {
    return offset <= hashed_ || early_bytes_ + bytes.size() <= kMostEarlyBytes || !is_being_read(hashed_);
  });
  if (end <= hashed_) return;
  if (offset > hashed_) {
    if (early_bytes_ + bytes.size() > kMostEarlyBytes || early_.contains(offset)) return;
    early_.emplace(offset, std::vector(bytes.begin(), bytes.end()));
    early_bytes_ += bytes.size();
    return;
  }
  hash(bytes.subspan(hashed_ - offset));
  hash_early();
}

void HashedInput::hash(ByteSpan bytes) const {
  sha256_.add(bytes);
  hashed_ += bytes.size();
  moved_.notify_all();
}

void HashedInput::bridge(std::uint64_t end) const {
  const std::uint64_t nobodys = early_bytes_ > kMostEarlyBytes / 2 ? kGap : kPadding;
  const std::uint64_t most = hashed_ == 0 ? kHead : nobodys;
  if (end <= hashed_ || end - hashed_ > most || is_being_read(hashed_)) return;
  // What is early may stand in between.
  if (early_.empty() || early_.begin()->first >= end) hash_from_input(end);
}

void HashedInput::hash_early() const {
  while (!early_.empty()) {
    const auto first = early_.begin();
    bridge(first->first);
    if (first->first > hashed_) return;
    const ByteSpan bytes = first->second;
    if (first->first + bytes.size() > hashed_) hash(bytes.subspan(hashed_ - first->first));
    early_bytes_ -= bytes.size();
    early_.erase(first);
  }
}

void HashedInput::hash_from_input(std::uint64_t end) const {
  std::vector<std::byte> buffer(std::min(kPiece, end - hashed_));
  while (hashed_ < end) {
    check_interrupt();
    const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), end - hashed_));
    input_->read(hashed_, piece);
    seen_ += piece.size();
    hash(piece);
  }
}

void HashedInput::require_sha256() const {
  const std::lock_guard lock(mutex_);
  if (!found_) {
    hash_early();
    const std::uint64_t few = std::max(kGap, size() / 8);
    if (unread_ == Unread::judge_if_few && seen_ < size() && size() - seen_ > few) return;
    while (hashed_ < size()) {
      hash_from_input(early_.empty() ? size() : early_.begin()->first);
      hash_early();
    }
    found_ = sha256_.finish();
  }
  if (*found_ == *expected_sha256()) return;
  throw CorruptError({name(), {}, {}},
                     "its SHA-256 is " + to_hex(*found_) + ", " + std::string(expected_by()) + " says " +
                         to_hex(*expected_sha256()),
                     Code::hash);
}

}  // namespace aerotool::io
