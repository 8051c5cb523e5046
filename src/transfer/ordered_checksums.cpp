#include "transfer/ordered_checksums.hpp"

#include <algorithm>

#include "hash/crc32.hpp"
#include "hash/crc32c.hpp"

namespace aerotool {
namespace {

/// Of one run: threads that share a read are seldom further apart.
constexpr std::uint64_t kMaxAhead = std::uint64_t{16} << 20;
constexpr std::size_t kReadAtOnce = std::size_t{256} << 10;

bool is_crc(hash::Algorithm algorithm) {
  return algorithm == hash::Algorithm::crc32 || algorithm == hash::Algorithm::crc32c;
}

/// What a piece with so many bytes behind it is of the CRC of the whole: those of all pieces are summed.
std::uint32_t share_of_crc(hash::Algorithm algorithm, ByteSpan bytes, std::uint64_t behind) {
  return algorithm == hash::Algorithm::crc32 ? hash::crc32_joined(hash::crc32(bytes), 0, behind)
                                             : hash::crc32c_joined(hash::crc32c(bytes), 0, behind);
}

}  // namespace

void OrderedChecksums::Progress::take_turn(ByteSpan bytes) {
  checksum.add(bytes);
  position += bytes.size();
}

void OrderedChecksums::want(std::size_t run, hash::Algorithm algorithm, std::uint64_t size) {
  if (run >= wanted_.size()) {
    wanted_.resize(run + 1);
    finished_.resize(run + 1);
  }
  wanted_[run] = {size, algorithm, true};
}

std::shared_ptr<OrderedChecksums::Progress> OrderedChecksums::progress_of(std::size_t run) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Progress>& progress = begun_[run];
  if (!progress) progress = std::make_shared<Progress>(wanted_[run].algorithm);
  return progress;
}

void OrderedChecksums::add(std::size_t run, std::uint64_t offset, ByteSpan bytes) {
  if (bytes.empty() || !wants(run)) return;
  if (bytes.size() == wanted_[run].size) {
    hash::RunningChecksum checksum(wanted_[run].algorithm);
    checksum.add(bytes);
    return keep(run, checksum.finish());
  }
  if (is_crc(wanted_[run].algorithm)) return add_crc(run, offset, bytes);
  const std::shared_ptr<Progress> progress = progress_of(run);
  const std::lock_guard lock(progress->mutex);
  if (offset != progress->position) {
    // What is not kept is read again by finish().
    if (offset < progress->position || progress->bytes_ahead + bytes.size() > kMaxAhead) return;
    progress->ahead.emplace(offset, std::vector<std::byte>(bytes.begin(), bytes.end()));
    progress->bytes_ahead += bytes.size();
    return;
  }
  progress->take_turn(bytes);
  for (auto next = progress->ahead.begin();
       next != progress->ahead.end() && next->first == progress->position;) {
    progress->take_turn(next->second);
    progress->bytes_ahead -= next->second.size();
    next = progress->ahead.erase(next);
  }
  if (progress->position == wanted_[run].size) keep(run, progress->checksum.finish());
}

void OrderedChecksums::add_crc(std::size_t run, std::uint64_t offset, ByteSpan bytes) {
  const Wanted& wanted = wanted_[run];
  const std::uint32_t share = share_of_crc(wanted.algorithm, bytes, wanted.size - offset - bytes.size());
  const std::shared_ptr<Progress> progress = progress_of(run);
  const std::lock_guard lock(progress->mutex);
  progress->crc ^= share;
  progress->position += bytes.size();
  if (progress->position == wanted.size) keep(run, hash::checksum_of(wanted.algorithm, progress->crc));
}

void OrderedChecksums::keep(std::size_t run, const hash::Checksum& found) {
  const std::lock_guard lock(mutex_);
  begun_.erase(run);
  finished_.set(run, found);
}

hash::Checksum OrderedChecksums::finish(std::size_t run) {
  if (!finished_.has(run)) {
    const std::shared_ptr<Progress> progress = progress_of(run);
    const std::uint64_t size = wanted_[run].size;
    // Nobody knows which bytes those were of which a CRC is the sum.
    if (is_crc(wanted_[run].algorithm)) progress->position = 0;
    std::vector<std::byte> block(std::min<std::uint64_t>(kReadAtOnce, size));
    while (progress->position < size) {
      const auto piece =
          std::span(block).first(std::min<std::uint64_t>(block.size(), size - progress->position));
      read_(run, progress->position, piece);
      progress->take_turn(piece);
    }
    keep(run, progress->checksum.finish());
  }
  return finished_.at(run);
}

}  // namespace aerotool
