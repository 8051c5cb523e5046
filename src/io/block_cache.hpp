// The blocks of a remote object that are at hand: of this run, and of others before and beside it.
//
// What is shared lies in an entry of the cache (io/cache_directory.hpp), and is never taken at its word: a
// block is there only if a record says so and the bytes in `data` have the record's BLAKE3. So a crash, a
// disk error or another program costs a second fetch and no wrong byte. Where there is no validator, the
// cache is off, or its file system fails, blocks are kept for this run in a file without a name in TMPDIR.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "hash/digest.hpp"
#include "io/cache_directory.hpp"
#include "io/cache_key.hpp"
#include "io/cache_settings.hpp"
#include "io/fd.hpp"

namespace aerotool::io {

/// Bytes [offset, offset + length) of an object.
struct MissingRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  bool operator==(const MissingRange&) const = default;
};

/// Of one object in one state. Thread-safe. Nothing here throws because of the file system: what cannot be
/// kept is not there later, and note() says why. Everything throws Interrupted.
///
/// A block that has been found stays as it is while this object lives, whatever other runs of this program
/// do: a writer has the entry's lock, and writes no block that is there already.
class BlockCache {
 public:
  static constexpr std::uint64_t kBlockBytes = std::uint64_t{256} << 10;

  /// Of what `key` names. Reads no block. A mode other than `off` makes no difference here: the caller gives
  /// what is to be kept.
  static std::shared_ptr<BlockCache> open(const CacheSettings& settings, CacheKey key);

  /// For open().
  BlockCache(const CacheSettings& settings, CacheKey key);
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  const CacheKey& key() const { return key_; }
  /// The last block has the rest of the object; an empty object has none.
  std::uint64_t block_count() const { return block_count_; }
  /// In bytes; 0 where the object has no such block.
  std::uint64_t block_length(std::uint64_t block) const;

  /// Whether a block is there. What lies on the disk is hashed at the first question and then remembered;
  /// what other runs have written since is seen.
  bool has(std::uint64_t block);
  /// What has to be fetched for the bytes [offset, offset + length), as far as the object goes: whole blocks,
  /// neighbours joined, in order.
  std::vector<MissingRange> missing(std::uint64_t offset, std::uint64_t length);

  /// Keeps a block, whole; bytes of another length are not kept. One that is there stays as it is. False
  /// where it is not there afterwards: the caller passes its bytes on, and fetches them again when they are
  /// wanted again.
  bool put(std::uint64_t block, ByteSpan bytes);

  /// Fills `out` from `offset`. False, with anything in `out`, where not all of these bytes are there, or the
  /// disk cannot read them any more; missing() then says which.
  bool read(std::uint64_t offset, std::span<std::byte> out);

  /// Bytes of blocks that were there before this run asked for them.
  std::uint64_t found_bytes() const { return found_bytes_.load(); }
  /// Why blocks are not kept for other runs, or not at all: the first reason, a line for the user. Empty
  /// where there is none; that the cache is off or that there is no validator is none.
  std::string note() const;

 private:
  // What is known of a block. A number from kFirstRecord on is that of the record which says that it is
  // there, and which nobody has compared yet.
  static constexpr std::uint32_t kAbsent = 0;
  static constexpr std::uint32_t kShared = 1;  // in `data`, compared
  static constexpr std::uint32_t kOwn = 2;     // in the file of this run
  static constexpr std::uint32_t kLost = 3;    // was in `data` and cannot be read: not to be put there again
  static constexpr std::uint32_t kFirstRecord = 4;

  /// How many records are looked at.
  std::uint64_t most_records() const;
  void look_for_records();
  bool is_there(std::uint64_t block);
  /// The digest that the record `state` and the bytes in `data` both have; none where they differ.
  std::optional<Digest> matching_digest(std::uint64_t block, std::uint32_t state) const;
  /// The file that a block which is there lies in; -1 where it is not.
  int file_of(std::uint64_t block);
  bool put_shared(std::uint64_t block, ByteSpan bytes);
  bool put_own(std::uint64_t block, ByteSpan bytes);
  bool make_own_file();
  /// Nothing more is written to the entry; errno says why.
  void stop_sharing();
  void add_note(std::string note);

  const CacheKey key_;
  const std::string directory_;  // as messages call the cache
  std::uint64_t block_count_;
  std::vector<std::atomic<std::uint32_t>> states_;  // of the blocks that can be kept
  std::optional<CacheEntry> entry_;
  std::atomic<bool> shares_{false};  // blocks are put into the entry
  std::atomic<std::uint64_t> found_bytes_ = 0;

  std::mutex looking_;
  std::uint64_t records_seen_ = 0;
  std::mutex sharing_;  // the lock on the entry is the whole process's
  std::mutex owning_;
  Fd own_;  // made when it is needed
  bool own_fails_ = false;
  mutable std::mutex noting_;
  std::string note_;
};

}  // namespace aerotool::io
