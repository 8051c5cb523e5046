// CBOR (RFC 8949), item by item out of bytes that are at hand; no tree. Lax mode reads all that is
// well-formed; deterministic mode reads only what section 4.2.1 of the RFC allows, without tags and
// undefined.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "encoding/value_builder.hpp"

namespace aerotool::cbor {

enum class Mode : std::uint8_t { lax, deterministic };

/// What kind of rule is broken.
enum class Rule : std::uint8_t {
  syntax,         ///< not well-formed, or what the mode does not allow at all
  determinism,    ///< another encoding of the same is the deterministic one
  duplicate_key,  ///< in deterministic mode; in lax mode that is for the caller to tell
  depth,
  type,    ///< the caller expects an item of another type
  memory,  ///< a value takes more memory than its builder allows
};

/// What is wrong with the bytes, and where in them.
class Problem : public std::runtime_error {
 public:
  Problem(Rule rule, std::uint64_t offset, const std::string& message)
      : std::runtime_error(message), rule_(rule), offset_(offset) {}
  Rule rule() const { return rule_; }
  std::uint64_t offset() const { return offset_; }

 private:
  Rule rule_;
  std::uint64_t offset_;
};

enum class Type : std::uint8_t {
  unsigned_integer,
  negative_integer,
  bytes,
  text,
  array,
  map,
  boolean,
  null,
  undefined,  ///< simple values that are not assigned, too
  floating
};

/// "an unsigned integer", "text"
std::string_view name_of(Type type);

/// Reads one item and what it holds, front to back: a caller knows what it expects next, and asks for it or
/// skips it. Every function throws Problem; then nothing more can be read. Tags are passed over in lax mode.
class Reader {
 public:
  /// Levels below the root. The deterministic mode's is that of src/formats/ztensor/FORMAT.md, "CBOR"; the
  /// lax mode's is ours.
  static constexpr std::size_t kMaxDepth = 32;
  static constexpr std::size_t kMaxLaxDepth = 200;

  /// The bytes outlive the reader.
  Reader(ByteSpan bytes, Mode mode) : bytes_(bytes), mode_(mode) {}

  std::uint64_t position() const { return at_; }
  /// Of the next item, which there must be.
  Type type();

  std::uint64_t unsigned_integer();
  bool boolean();
  /// Text that need not be UTF-8 in lax mode. It is valid as long as the bytes, or, where it was in pieces,
  /// as long as the reader or what take_joined() returns.
  std::string_view text();
  ByteSpan byte_string();
  /// The item, and all that is in it.
  void skip();
  /// The same, as a value. Half-precision floats become f32, integers u64 or i64; what is below -2^63 becomes
  /// the number's text, undefined becomes null.
  void value(ValueBuilder& builder);

  /// Enters an array or a map. Its number of elements or entries, where that is known before.
  std::optional<std::uint64_t> begin_array();
  std::optional<std::uint64_t> begin_map();
  /// Whether the array or map that was entered last has another element or entry; where it has none, it is
  /// left. Every element is read or skipped before the next call.
  bool more();
  /// The key of the next entry of a map; nothing where it is not text. What follows is its value.
  std::optional<std::string_view> key();

  /// Texts and bytes that were in pieces.
  std::deque<std::string> take_joined() { return std::move(joined_); }
  /// The root is complete. Throws where bytes follow it.
  void finish() const;

 private:
  struct Head {
    std::uint8_t major = 0;
    std::uint8_t info = 0;       // the low five bits
    std::uint64_t argument = 0;  // a value, a length, a float's bits
    bool indefinite = false;
  };
  struct Open {
    bool is_map = false;
    bool indefinite = false;
    std::uint64_t left = 0;       // elements or entries
    std::uint64_t key_begin = 0;  // of the entry before, where there is one
    std::uint64_t key_end = 0;
  };

  /// Passes tags over.
  Head head();
  Head head_of(std::uint8_t first);
  Head expect(Type type);
  std::uint8_t next_byte();
  Type type_of(const Head& head) const;
  std::optional<std::uint64_t> begin(const Head& head);
  ByteSpan run(const Head& head);
  ByteSpan joined(std::uint8_t major);
  void require_shortest_float(const Head& head) const;
  void check_key(std::uint64_t begin);
  /// Reads an item that `head` begins; to a builder, where there is one.
  void read(const Head& head, ValueBuilder* builder);
  void read_scalar(const Head& head, ValueBuilder& builder) const;
  [[noreturn]] void fail(Rule rule, const std::string& message) const;
  bool deterministic() const { return mode_ == Mode::deterministic; }

  ByteSpan bytes_;
  Mode mode_;
  std::size_t at_ = 0;
  std::size_t item_ = 0;  // where the item begins that is being read
  std::vector<Open> open_;
  std::deque<std::string> joined_;
};

}  // namespace aerotool::cbor
