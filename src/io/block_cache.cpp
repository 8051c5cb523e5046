#include "io/block_cache.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "hash/blake3.hpp"
#include "io/block_records.hpp"
#include "io/file_lock.hpp"
#include "io/unlinked_file.hpp"
#include "io/whole_transfers.hpp"

namespace aerotool::io {
namespace {

constexpr std::uint64_t kBlockSize = BlockCache::kBlockBytes;
// 4 TiB of an object: four bytes are held for each block.
constexpr std::uint64_t kMostBlocks = std::uint64_t{1} << 24;

std::uint64_t blocks_in(std::uint64_t size) {
  return size / kBlockSize + (size % kBlockSize == 0 ? 0 : 1);
}

/// Begins a file anew that has so many records that more would not be looked at. False, with errno, where
/// that fails.
bool has_room_for_record(int records, std::uint64_t most) {
  return count_records(records) < most || ::ftruncate(records, 0) == 0;
}

}  // namespace

std::shared_ptr<BlockCache> BlockCache::open(const CacheSettings& settings, CacheKey key) {
  return std::make_shared<BlockCache>(settings, std::move(key));
}

BlockCache::BlockCache(const CacheSettings& settings, CacheKey key)
    : key_(std::move(key)),
      directory_(settings.directory),
      block_count_(blocks_in(key_.size)),
      states_(static_cast<std::size_t>(std::min(block_count_, kMostBlocks))) {
  if (settings.mode == CacheMode::off || key_.validator.empty()) return;
  try {
    entry_ = open_cache_entry(settings, key_);
    shares_ = entry_->writable;
  } catch (const IoError& error) {
    add_note(error.what());
  }
}

std::uint64_t BlockCache::block_length(std::uint64_t block) const {
  return block < block_count_ ? std::min(kBlockSize, key_.size - block * kBlockSize) : 0;
}

std::uint64_t BlockCache::most_records() const {
  // Some blocks are written twice, after a crash say; a file with many more records is not ours.
  constexpr std::uint64_t kSpare = 4096;
  return 2 * states_.size() + kSpare;
}

void BlockCache::look_for_records() {
  if (!entry_) return;
  const std::lock_guard lock(looking_);
  const int file = entry_->blocks.get();
  const std::uint64_t count = std::min(count_records(file), most_records());
  // Somebody has begun the file anew.
  if (count < records_seen_) records_seen_ = 0;
  if (count == records_seen_) return;
  for_each_record(file, records_seen_, count, [&](std::uint64_t index, const BlockRecord& record) {
    if (record.block >= states_.size()) return;
    auto& state = states_[static_cast<std::size_t>(record.block)];
    std::uint32_t known = state.load();
    const auto candidate = static_cast<std::uint32_t>(kFirstRecord + index);
    while ((known == kAbsent || known >= kFirstRecord) && !state.compare_exchange_weak(known, candidate)) {
    }
  });
  records_seen_ = count;
}

std::optional<Digest> BlockCache::matching_digest(std::uint64_t block, std::uint32_t state) const {
  const auto record = record_at(entry_->blocks.get(), state - kFirstRecord);
  if (!record || record->block != block) return std::nullopt;
  std::vector<std::byte> bytes(static_cast<std::size_t>(block_length(block)));
  if (!read_whole(entry_->data.get(), block * kBlockSize, bytes)) return std::nullopt;
  if (hash::blake3(bytes) != record->digest) return std::nullopt;
  return record->digest;
}

bool BlockCache::is_there(std::uint64_t block) {
  if (block >= states_.size()) return false;
  auto& state = states_[static_cast<std::size_t>(block)];
  std::uint32_t known = state.load();
  while (known >= kFirstRecord) {
    const bool matches = matching_digest(block, known).has_value();
    // Else another thread has found out, or a newer record has come.
    if (!state.compare_exchange_strong(known, matches ? kShared : kAbsent)) continue;
    if (matches) found_bytes_ += block_length(block);
    return matches;
  }
  return known == kShared || known == kOwn;
}

bool BlockCache::has(std::uint64_t block) {
  if (block >= states_.size()) return false;
  const std::uint32_t known = states_[static_cast<std::size_t>(block)].load();
  if (known == kShared || known == kOwn) return true;
  look_for_records();
  return is_there(block);
}

std::vector<MissingRange> BlockCache::missing(std::uint64_t offset, std::uint64_t length) {
  std::vector<MissingRange> ranges;
  if (offset >= key_.size || length == 0) return ranges;
  length = std::min(length, key_.size - offset);
  look_for_records();
  const std::uint64_t last = (offset + length - 1) / kBlockSize;
  for (std::uint64_t block = offset / kBlockSize; block <= last; ++block) {
    if (is_there(block)) continue;
    const std::uint64_t begin = block * kBlockSize;
    if (!ranges.empty() && ranges.back().offset + ranges.back().length == begin) {
      ranges.back().length += block_length(block);
    } else {
      ranges.push_back({begin, block_length(block)});
    }
  }
  return ranges;
}

bool BlockCache::put(std::uint64_t block, ByteSpan bytes) {
  if (block >= states_.size() || bytes.size() != block_length(block)) return false;
  const std::uint32_t known = states_[static_cast<std::size_t>(block)].load();
  if (known == kShared || known == kOwn) return true;
  if (shares_.load() && known != kLost && put_shared(block, bytes)) return true;
  return put_own(block, bytes);
}

bool BlockCache::put_shared(std::uint64_t block, ByteSpan bytes) {
  const Digest digest = hash::blake3(bytes);
  const std::lock_guard turn(sharing_);
  const int records = entry_->blocks.get();
  const auto lock = FileLock::soon(records, LOCK_EX);
  if (!lock) {
    // Whoever is at it may have been stopped: the next block may have more luck.
    if (errno != EWOULDBLOCK) stop_sharing();
    return false;
  }
  look_for_records();
  auto& state = states_[static_cast<std::size_t>(block)];
  const std::uint32_t known = state.load();
  if (known == kShared) return true;
  if (known == kOwn || known == kLost) return false;
  if (known >= kFirstRecord) {
    if (const auto there = matching_digest(block, known)) {
      // Another run may have it mapped.
      if (*there != digest) {
        add_note(describe(Where{directory_, {}, {}},
                          "the cache has other bytes of " + escape_controls(key_.shown) +
                              " that its server called the same version; they are not replaced"));
        return false;
      }
      state = kShared;
      return true;
    }
  }
  if (!has_room_for_record(records, most_records()) ||
      !write_whole(entry_->data.get(), block * kBlockSize, bytes) ||
      !append_record(records, {block, digest})) {
    stop_sharing();
    return false;
  }
  state = kShared;
  return true;
}

void BlockCache::stop_sharing() {
  const int reason = errno;
  shares_ = false;
  add_note(system_error(directory_, "write to the cache", reason).what());
}

bool BlockCache::make_own_file() {
  if (own_) return true;
  if (own_fails_) return false;
  const std::string place = temporary_directory();
  own_ = make_unlinked_file(place, "cache");
  if (own_) {
    if (std::cmp_greater(key_.size, std::numeric_limits<off_t>::max())) {
      errno = EFBIG;
    } else if (::ftruncate(own_.get(), static_cast<off_t>(key_.size)) == 0) {
      return true;
    }
  }
  add_note(system_error(place, "keep parts of " + escape_controls(key_.shown), errno).what());
  own_ = Fd();
  own_fails_ = true;
  return false;
}

bool BlockCache::put_own(std::uint64_t block, ByteSpan bytes) {
  const std::lock_guard lock(owning_);
  auto& state = states_[static_cast<std::size_t>(block)];
  std::uint32_t known = state.load();
  if (known == kShared || known == kOwn) return true;
  if (own_fails_ || !make_own_file()) return false;
  if (!write_whole(own_.get(), block * kBlockSize, bytes)) {
    add_note(
        system_error(temporary_directory(), "keep parts of " + escape_controls(key_.shown), errno).what());
    own_fails_ = true;
    return false;
  }
  // A thread that has just found it in the entry is right as well.
  while (known != kShared && !state.compare_exchange_weak(known, kOwn)) {
  }
  return true;
}

int BlockCache::file_of(std::uint64_t block) {
  if (!has(block)) return -1;
  // One that is there changes its state only if it is lost, and then a read from its file tells.
  if (states_[static_cast<std::size_t>(block)].load() != kOwn) return entry_->data.get();
  const std::lock_guard lock(owning_);
  return own_.get();
}

bool BlockCache::read(std::uint64_t offset, std::span<std::byte> out) {
  if (!range_fits(offset, out.size(), key_.size)) return false;
  while (!out.empty()) {
    const std::uint64_t block = offset / kBlockSize;
    const std::uint64_t left = kBlockSize - offset % kBlockSize;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left, out.size()));
    const int file = file_of(block);
    if (file < 0) return false;
    if (!read_whole(file, offset, out.first(length))) {
      states_[static_cast<std::size_t>(block)] = kLost;
      return false;
    }
    offset += length;
    out = out.subspan(length);
  }
  return true;
}

std::string BlockCache::note() const {
  const std::lock_guard lock(noting_);
  return note_;
}

void BlockCache::add_note(std::string note) {
  const std::lock_guard lock(noting_);
  if (note_.empty()) note_ = std::move(note);
}

}  // namespace aerotool::io
