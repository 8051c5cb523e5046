// The file `blocks` of a cache entry: which blocks of the object have been written, and their hashes. 40
// bytes a record, the block's number in little endian and its BLAKE3, in the order in which they were
// written. What is read is hostile: numbers may be out of range, and hashes may be of anything.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "hash/digest.hpp"

namespace aerotool::io {

struct BlockRecord {
  std::uint64_t block = 0;
  Digest digest = {};
};

/// How many records the file has; what a crash has left behind the last whole one does not count. 0 where the
/// file cannot be looked at.
std::uint64_t count_records(int fd);

/// None where it cannot be read.
std::optional<BlockRecord> record_at(int fd, std::uint64_t index);

/// Hands over the records [first, end), or as many of them as can be read. Throws Interrupted.
void for_each_record(int fd, std::uint64_t first, std::uint64_t end,
                     const std::function<void(std::uint64_t index, const BlockRecord& record)>& take);

/// Appends to a file that was opened with O_APPEND and that nobody else writes to meanwhile; what is there of
/// a torn record goes first. False, with errno, where not all of it could be written. Throws Interrupted.
bool append_record(int fd, const BlockRecord& record);

}  // namespace aerotool::io
