#include "io/block_records.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <vector>

#include "core/bytes.hpp"
#include "io/interrupt.hpp"
#include "io/whole_transfers.hpp"

namespace aerotool::io {
namespace {

constexpr std::size_t kRecordBytes = 40;
constexpr std::size_t kDigestAt = sizeof(std::uint64_t);

BlockRecord parse_record(ByteSpan bytes) {
  BlockRecord record;
  record.block = load_le<std::uint64_t>(bytes);
  std::copy_n(bytes.begin() + kDigestAt, record.digest.size(), record.digest.begin());
  return record;
}

std::optional<std::uint64_t> length_of(int fd) {
  struct ::stat status {};
  if (::fstat(fd, &status) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

bool cut_at(int fd, std::uint64_t length) {
  return ::ftruncate(fd, static_cast<off_t>(length)) == 0;
}

}  // namespace

std::uint64_t count_records(int fd) {
  return length_of(fd).value_or(0) / kRecordBytes;
}

std::optional<BlockRecord> record_at(int fd, std::uint64_t index) {
  std::array<std::byte, kRecordBytes> bytes{};
  if (!read_whole(fd, index * kRecordBytes, bytes)) return std::nullopt;
  return parse_record(bytes);
}

void for_each_record(int fd, std::uint64_t first, std::uint64_t end,
                     const std::function<void(std::uint64_t index, const BlockRecord& record)>& take) {
  constexpr std::uint64_t kAtOnce = 4096;
  std::vector<std::byte> buffer;
  while (first < end) {
    const std::uint64_t count = std::min(end - first, kAtOnce);
    buffer.resize(count * kRecordBytes);
    if (!read_whole(fd, first * kRecordBytes, buffer)) return;
    for (std::uint64_t i = 0; i < count; ++i)
      take(first + i, parse_record(ByteSpan(buffer).subspan(i * kRecordBytes, kRecordBytes)));
    first += count;
  }
}

bool append_record(int fd, const BlockRecord& record) {
  const auto length = length_of(fd);
  if (!length) return false;
  const std::uint64_t whole = *length - *length % kRecordBytes;
  if (whole != *length && !cut_at(fd, whole)) return false;
  std::array<std::byte, kRecordBytes> bytes{};
  store_le(std::span<std::byte>(bytes), 0, record.block);
  std::copy(record.digest.begin(), record.digest.end(), bytes.begin() + kDigestAt);
  for (;;) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put == static_cast<ssize_t>(bytes.size())) return true;
    if (put < 0 && errno == EINTR) {
      check_interrupt();
      continue;
    }
    if (put < 0) return false;
    // The next one cuts it where this fails.
    static_cast<void>(cut_at(fd, whole));
    errno = ENOSPC;
    return false;
  }
}

}  // namespace aerotool::io
