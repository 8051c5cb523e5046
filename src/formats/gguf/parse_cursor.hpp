// Reading the head of a GGUF file front to back: every step is checked against the file's size.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/error.hpp"

namespace aerotool::gguf {

/// A place in a file whose head has no length of its own: it asks for a longer prefix whenever it comes to
/// the end of the one it has. Throws CorruptError where the file ends first.
class Cursor {
 public:
  /// Yields the first `length` bytes of the file; `length` is at most the file's size.
  using Prefix = std::function<Bytes(std::uint64_t length)>;

  Cursor(std::string path, std::uint64_t file_size, Prefix prefix);

  const std::string& path() const { return path_; }
  std::uint64_t position() const { return position_; }
  std::uint64_t left() const { return file_size_ - position_; }
  /// The place of a message about what begins at `position`.
  Where at(std::uint64_t position) const { return {path_, position, {}}; }
  Where here() const { return at(position_); }

  // `what` is what the bytes belong to, as a message says it: "the file ends inside <what>".

  std::uint32_t u32(std::string_view what);
  std::uint64_t u64(std::string_view what);
  /// A number of elements that take at least `least_bytes` each: all of them can still be in the file.
  std::uint64_t count(std::uint64_t least_bytes, std::string_view what);
  /// Borrowed from the prefix.
  Bytes take(std::uint64_t length, std::string_view what);
  void skip(std::uint64_t length, std::string_view what);
  /// A u64 length and as many bytes. Throws UnsupportedError above kMaxStringBytes.
  Bytes string(std::string_view what);
  void skip_string(std::string_view what);
  /// What was read since `begin`, an earlier position.
  Bytes since(std::uint64_t begin) const;

  static constexpr std::uint64_t kMaxStringBytes = std::uint64_t{1} << 30;

 private:
  std::uint64_t string_length(std::string_view what);
  void require(std::uint64_t length, std::string_view what);

  std::string path_;
  std::uint64_t file_size_;
  Prefix prefix_;
  Bytes bytes_;
  std::uint64_t position_ = 0;
};

}  // namespace aerotool::gguf
