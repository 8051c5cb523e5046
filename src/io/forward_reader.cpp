#include "io/forward_reader.hpp"

#include <algorithm>
#include <utility>

namespace aerotool::io {
namespace {

constexpr std::uint64_t kRecent = std::uint64_t{2} << 20;
constexpr std::uint64_t kAtOnce = std::uint64_t{256} << 10;

}  // namespace

void ForwardReader::begin() const {
  position_ = 0;
  is_finished_ = false;
  recent_.resize(std::min(size_, kRecent));
  next_ = begin_();
}

std::uint64_t ForwardReader::oldest() const {
  return position_ - std::min<std::uint64_t>(position_, recent_.size());
}

void ForwardReader::make_some() const {
  const std::uint64_t at = position_ % recent_.size();
  const std::uint64_t wanted = std::min({recent_.size() - at, size_ - position_, kAtOnce});
  const std::size_t count = next_(std::span(recent_).subspan(at, wanted));
  position_ += count;
  if (count < wanted) refuse_size_(position_, false);
}

void ForwardReader::finish() const {
  std::byte more{};
  if (next_(std::span(&more, 1)) != 0) refuse_size_(size_ + 1, true);
  is_finished_ = true;
}

void ForwardReader::read(std::uint64_t offset, std::span<std::byte> out) const {
  const std::lock_guard lock(mutex_);
  try {
    if (!next_ || offset < oldest()) begin();
    while (!out.empty()) {
      if (offset >= position_) {
        make_some();
        continue;
      }
      const std::uint64_t at = offset % recent_.size();
      const auto piece = std::span(recent_).subspan(
          at, std::min<std::uint64_t>({out.size(), position_ - offset, recent_.size() - at}));
      std::ranges::copy(piece, out.begin());
      out = out.subspan(piece.size());
      offset += piece.size();
    }
    if (position_ == size_ && !is_finished_) finish();
  } catch (...) {
    // Whoever asks again is told again.
    next_ = nullptr;
    throw;
  }
}

}  // namespace aerotool::io
