#include "io/watched_sha256.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace aerotool::io {
namespace {

constexpr std::uint64_t kMostAhead = std::uint64_t{64} << 20;
constexpr std::uint64_t kReadAtOnce = std::uint64_t{8} << 20;
/// What formats pad tensors with, which nobody reads.
constexpr std::uint64_t kMostPadding = 4096;

/// Bytes that are kept before their turn, of all inputs.
std::atomic<std::uint64_t>& all_ahead() {
  static std::atomic<std::uint64_t> bytes = 0;
  return bytes;
}

}  // namespace

WatchedSha256::WatchedSha256(std::uint64_t size, std::uint64_t head, Read read)
    : size_(size), read_(std::move(read)) {
  bytes_read_ = std::min(head, size_);
  read_until(bytes_read_);
}

WatchedSha256::~WatchedSha256() {
  for (const auto& [offset, bytes] : ahead_) all_ahead() -= bytes.size();
}

void WatchedSha256::add(std::uint64_t offset, ByteSpan bytes) {
  const std::lock_guard lock(mutex_);
  bytes_read_ += bytes.size();
  if (offset <= position_ + kMostPadding) {
    take_turn(offset, bytes);
    take_those_ahead();
  } else if (!ahead_.contains(offset) && all_ahead() + bytes.size() <= kMostAhead) {
    all_ahead() += bytes.size();
    ahead_.emplace(offset, std::vector<std::byte>(bytes.begin(), bytes.end()));
  }
}

void WatchedSha256::take_turn(std::uint64_t offset, ByteSpan bytes) {
  if (offset > position_) read_until(offset);
  const std::uint64_t known = position_ - offset;
  if (known >= bytes.size()) return;
  sha256_.add(bytes.subspan(known));
  position_ += bytes.size() - known;
}

void WatchedSha256::take_those_ahead() {
  while (!ahead_.empty() && ahead_.begin()->first <= position_ + kMostPadding) {
    const auto first = ahead_.extract(ahead_.begin());
    all_ahead() -= first.mapped().size();
    take_turn(first.key(), first.mapped());
  }
}

void WatchedSha256::read_until(std::uint64_t end) {
  std::vector<std::byte> block(std::min(kReadAtOnce, end - position_));
  while (position_ < end) {
    const auto piece = std::span(block).first(std::min<std::uint64_t>(block.size(), end - position_));
    read_(position_, piece);
    sha256_.add(piece);
    position_ += piece.size();
  }
}

std::optional<Digest> WatchedSha256::finish() {
  const std::lock_guard lock(mutex_);
  if (bytes_read_ < size_ - size_ / 8) return std::nullopt;
  while (position_ < size_) {
    read_until(std::min(size_, ahead_.empty() ? size_ : std::max(position_, ahead_.begin()->first)));
    take_those_ahead();
  }
  return sha256_.finish();
}

}  // namespace aerotool::io
