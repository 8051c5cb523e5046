#include "formats/gguf/parse_cursor.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "core/text.hpp"

namespace aerotool::gguf {
namespace {

// Most heads fit. One with a vocabulary has several MiB, and from a server each prefix is a request.
constexpr std::uint64_t kFirstPrefix = std::uint64_t{1} << 20;
constexpr std::uint64_t kSecondPrefix = std::uint64_t{4} << 20;

}  // namespace

Cursor::Cursor(std::string path, std::uint64_t file_size, Prefix prefix)
    : path_(std::move(path)), file_size_(file_size), prefix_(std::move(prefix)) {}

void Cursor::require(std::uint64_t length, std::string_view what) {
  if (!range_fits(position_, length, file_size_)) {
    throw CorruptError(here(),
                       "the file ends inside " + std::string(what) + ": " + std::to_string(length) +
                           " bytes are needed here, " + std::to_string(left()) + " are left",
                       Code::short_file);
  }
  const std::uint64_t end = position_ + length;
  if (end <= bytes_.size()) return;
  const std::uint64_t had = bytes_.size();
  const std::uint64_t least = had == 0 ? kFirstPrefix : std::max(kSecondPrefix, 2 * had);
  bytes_ = prefix_(std::min(file_size_, std::max(end, least)));
}

std::uint32_t Cursor::u32(std::string_view what) {
  require(4, what);
  const auto value = load_le<std::uint32_t>(bytes_.view, position_);
  position_ += 4;
  return value;
}

std::uint64_t Cursor::u64(std::string_view what) {
  require(8, what);
  const auto value = load_le<std::uint64_t>(bytes_.view, position_);
  position_ += 8;
  return value;
}

std::uint64_t Cursor::count(std::uint64_t least_bytes, std::string_view what) {
  const std::uint64_t begin = position_;
  const std::uint64_t value = u64(what);
  if (value > left() / least_bytes) {
    throw CorruptError(at(begin), std::string(what) + ": a count of " + std::to_string(value) +
                                      ", but only " + std::to_string(left()) +
                                      " bytes are left, room for at most " +
                                      std::to_string(left() / least_bytes));
  }
  return value;
}

Bytes Cursor::take(std::uint64_t length, std::string_view what) {
  const std::uint64_t begin = position_;
  skip(length, what);
  return since(begin);
}

void Cursor::skip(std::uint64_t length, std::string_view what) {
  require(length, what);
  position_ += length;
}

std::uint64_t Cursor::string_length(std::string_view what) {
  const std::uint64_t length = u64(what);
  if (length > left() || length <= kMaxStringBytes) {
    require(length, what);
    return length;
  }
  throw UnsupportedError(here(), std::string(what) + ": a string of " + std::to_string(length) +
                                     " bytes; at most " + std::to_string(kMaxStringBytes) + " are read");
}

Bytes Cursor::string(std::string_view what) {
  return take(string_length(what), what);
}

void Cursor::skip_string(std::string_view what) {
  skip(string_length(what), what);
}

Bytes Cursor::since(std::uint64_t begin) const {
  return {bytes_.view.subspan(begin, position_ - begin), bytes_.owner};
}

}  // namespace aerotool::gguf
