#include "formats/safetensors/parse_plain.hpp"

#include <array>
#include <charconv>
#include <span>
#include <system_error>

#include "core/distinct.hpp"
#include "encoding/json/plain.hpp"

namespace aerotool::safetensors {
namespace {

/// Every function returns false where something else stands than what it reads.
class PlainReader {
 public:
  PlainReader(std::string_view json, HeaderVisitor& visitor)
      : next_(json.data()), end_(json.data() + json.size()), visitor_(visitor) {
    names_.reserve(json.size() / kLeastEntryBytes + 1);
  }

  bool header() {
    if (!read('{')) return false;
    if (!read('}')) {
      do {
        if (!entry()) return false;
      } while (read(','));
      if (!read('}')) return false;
    }
    skip_space();
    return next_ == end_ && names_.differ();
  }

 private:
  bool entry() {
    std::string_view name;
    if (!string(name) || !read(':')) return false;
    names_.add(name);
    return name == "__metadata__" ? metadata() : tensor(name);
  }

  bool metadata() {
    if (!read('{')) return false;
    visitor_.metadata_begins();
    if (read('}')) return true;
    DistinctHashes keys;
    do {
      std::string_view key;
      std::string_view value;
      if (!string(key) || !read(':') || !string(value)) return false;
      keys.add(key);
      visitor_.metadata_entry(key, value);
    } while (read(','));
    return read('}') && keys.differ();
  }

  bool tensor(std::string_view name) {
    HeaderEntry entry;
    entry.name = name;
    if (!read('{')) return false;
    do {
      if (!member(entry)) return false;
    } while (read(','));
    if (!read('}') || !entry.dtype || !entry.shape || !entry.data_offsets) return false;
    visitor_.entry(entry);
    return true;
  }

  bool member(HeaderEntry& entry) {
    std::string_view key;
    if (!string(key) || !read(':')) return false;
    if (key == "dtype" && !entry.dtype) return string(entry.dtype.emplace());
    if (key == "shape" && !entry.shape) {
      if (!numbers(shape_, entry.rank)) return false;
      entry.shape = std::span(shape_).first(entry.rank);
      return true;
    }
    std::uint64_t count = 0;
    return key == "data_offsets" && !entry.data_offsets && numbers(entry.data_offsets.emplace(), count) &&
           count == 2;
  }

  bool numbers(std::span<std::uint64_t> to, std::uint64_t& count) {
    count = 0;
    if (!read('[')) return false;
    if (read(']')) return true;
    do {
      if (count == to.size() || !number(to[count])) return false;
      ++count;
    } while (read(','));
    return read(']');
  }

  bool number(std::uint64_t& value) {
    skip_space();
    const char* begin = next_;
    const auto [after, error] = std::from_chars(begin, end_, value);
    next_ = after;
    return error == std::errc() && (*begin != '0' || after == begin + 1);
  }

  bool string(std::string_view& text) {
    if (!read('"')) return false;
    const char* begin = next_;
    next_ = end_of_plain_json(begin, end_);
    if (next_ == end_ || *next_ != '"') return false;
    text = {begin, static_cast<std::size_t>(next_ - begin)};
    ++next_;
    return true;
  }

  bool read(char wanted) {
    skip_space();
    if (next_ == end_ || *next_ != wanted) return false;
    ++next_;
    return true;
  }

  void skip_space() {
    while (next_ != end_ && (*next_ == ' ' || *next_ == '\n' || *next_ == '\r' || *next_ == '\t')) ++next_;
  }

  const char* next_;
  const char* end_;
  HeaderVisitor& visitor_;
  DistinctHashes names_;
  std::array<std::uint64_t, kMaxRank> shape_{};
};

}  // namespace

bool read_plain_header(std::string_view json, HeaderVisitor& visitor) {
  return PlainReader(json, visitor).header();
}

}  // namespace aerotool::safetensors
