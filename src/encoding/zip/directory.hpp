// The central directory of a zip archive and what stands at its end: the one place that says which members
// there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/finding_code.hpp"
#include "io/input.hpp"

namespace aerotool::zip {

/// A member, as the directory describes it. Offsets are those in the input.
struct Entry {
  std::string_view name;          ///< bytes, as long as the directory is kept
  std::uint64_t header = 0;       ///< where its local header begins
  std::uint64_t data = 0;         ///< where its bytes begin; once its local header has been read
  std::uint64_t stored_size = 0;  ///< of its bytes in the archive
  std::uint64_t size = 0;         ///< of what they are
  std::uint32_t crc = 0;          ///< CRC-32 of what they are
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
  bool is_readable = true;  ///< nothing that has been found so far keeps its bytes from being read

  bool is_deflated() const { return method != 0; }
  bool is_directory() const { return name.ends_with('/'); }
};

/// Something about an archive that an honest one does not have, or that cannot be read. Which of them is a
/// fault is for those to say who know what the archive is.
struct Finding {
  enum class Kind : std::uint8_t {
    duplicate,     ///< two entries have one name
    name_differs,  ///< the local header says something else than the directory
    method_differs,
    flags_differ,
    numbers_differ,   ///< sizes or CRC-32
    encrypted,        ///< not to be read
    method,           ///< compressed in another way: not to be read
    impossible_size,  ///< no such bytes give so many: not to be read
    outside,          ///< it does not lie before the directory: not to be read
    overlap,          ///< two entries share bytes
    descriptor,       ///< what should follow the bytes of an entry is not there
    extra_field,      ///< an extra field that is cut short, or one of 64-bit numbers too many
    count,            ///< the end says another number of entries
    end_differs,      ///< the two records at the end contradict each other
    leading,          ///< bytes before the first entry
    between,          ///< bytes between entries, or before the directory
    trailing,         ///< bytes behind the directory that are no record
    comment           ///< a comment behind the end
  };

  Kind kind = Kind::duplicate;
  std::optional<std::size_t> entry = {};  ///< which of the directory
  std::uint64_t offset = 0;
  std::string message;  ///< without the name of the entry
};

/// What validate calls such a finding.
Code code_of(Finding::Kind kind);

using Tell = std::function<void(const Finding& finding)>;

/// A part of an input that is an archive.
struct Window {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct Directory {
  std::uint64_t begin = 0;  ///< where it begins, in the input
  std::uint64_t end = 0;
  std::vector<Entry> entries;  ///< in its own order
  Bytes bytes;                 ///< which their names borrow from
};

inline constexpr std::uint64_t kMaxEntries = std::uint64_t{4} << 20;
inline constexpr std::uint64_t kMaxDirectory = std::uint64_t{1} << 30;

/// Throws CorruptError where there is none, or where it cannot be parsed, and UnsupportedError where it lies
/// in several files or passes the limits.
Directory read_directory(const io::Input& input, const Window& window, const Tell& tell);

/// Goes through extra fields: calls `field` with the number and the bytes of each. False where one is cut
/// short.
bool for_each_extra_field(ByteSpan bytes,
                          const std::function<void(std::uint16_t number, ByteSpan content)>& field);

}  // namespace aerotool::zip
