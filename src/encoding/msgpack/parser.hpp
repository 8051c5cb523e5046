// msgpack, event by event from a stream of bytes, no object tree. Nesting is bounded, lengths are held to the
// bytes that are left, and there is exactly one object.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

namespace aerotool {

/// What a handler of msgpack events has; one derives from it and hides what it wants to know. A function that
/// returns false stops the parse and has said why in `problem`. Text and bytes are valid during the call.
struct MsgpackEvents {
  bool on_null() { return true; }
  bool on_boolean(bool) { return true; }
  bool on_unsigned(std::uint64_t) { return true; }
  bool on_negative(std::int64_t) { return true; }
  bool on_f32(std::uint32_t /*bits*/) { return true; }
  bool on_f64(std::uint64_t /*bits*/) { return true; }
  bool on_string(std::string_view) { return true; }
  bool on_binary(ByteSpan) { return true; }
  bool on_extension(ByteSpan /*type and bytes*/) { return true; }
  bool begin_array(std::uint32_t /*count*/) { return true; }
  bool end_array() { return true; }
  bool begin_map(std::uint32_t /*count*/) { return true; }
  bool end_map() { return true; }

  std::string problem;
};

/// What is wrong with msgpack bytes, and where in them.
class MsgpackProblem : public std::runtime_error {
 public:
  MsgpackProblem(std::uint64_t offset, const std::string& message)
      : std::runtime_error(message), offset_(offset) {}
  std::uint64_t offset() const { return offset_; }

 private:
  std::uint64_t offset_;
};

/// Yields bytes in order, 0 at the end.
using ByteReader = std::function<std::size_t(std::span<std::byte>)>;

namespace detail {

inline constexpr std::size_t kMaxNesting = 64;
inline constexpr std::size_t kWindow = std::size_t{256} << 10;
// A string is held whole. Larger ones than any we write, which are the heads of safetensors files, are
// refused, so that a small file cannot claim much memory.
inline constexpr std::size_t kMaxString = std::size_t{96} << 20;

/// The bytes that have been read and not parsed yet: one buffer, which grows for a string that does not fit.
class MsgpackWindow {
 public:
  MsgpackWindow(const ByteReader& read, std::uint64_t length) : read_(read), length_(length) {
    // Most chunks are far smaller than the largest window, and a set has many of them.
    // One byte more than there should be shows that there are more.
    allocate(static_cast<std::size_t>(std::min<std::uint64_t>(length, kWindow - 1)) + 1);
  }

  /// The offset of the next byte.
  std::uint64_t position() const { return fed_ - held().size(); }
  ByteSpan held() const { return {buffer_.get() + at_, end_ - at_}; }
  /// What was left to parse when bytes were read last.
  std::uint64_t left_when_filled() const { return left_when_filled_; }

  /// The next bytes, valid until others are asked for.
  ByteSpan take(std::uint64_t count) {
    if (end_ - at_ < count) fill(count);
    const ByteSpan taken(buffer_.get() + at_, static_cast<std::size_t>(count));
    at_ += taken.size();
    return taken;
  }

 private:
  void allocate(std::size_t capacity) {
    buffer_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
    capacity_ = capacity;
  }

  [[gnu::noinline]] void fill(std::uint64_t count) {
    left_when_filled_ = length_ - std::min(position(), length_);
    if (std::min(count, left_when_filled_) > kMaxString) {
      throw MsgpackProblem(position(), "holds a string of more than 96 MiB");
    }
    const bool too_short = count > left_when_filled_;
    if (!too_short) make_room(static_cast<std::size_t>(count));
    while (too_short || end_ < count) {
      // What ends too soon may be broken as well, which only who reads it all is told.
      if (too_short) end_ = 0;
      const std::size_t got = read_(std::span(buffer_.get() + end_, capacity_ - end_));
      if (got == 0) throw MsgpackProblem(fed_, "the msgpack object ends too soon");
      end_ += got;
      fed_ += got;
    }
  }

  /// Moves what is held to the front of a buffer that has room for `count` bytes.
  void make_room(std::size_t count) {
    const ByteSpan old = held();
    const auto old_buffer = count > capacity_ ? std::move(buffer_) : nullptr;
    if (old_buffer) allocate(count);
    std::memmove(buffer_.get(), old.data(), old.size());
    at_ = 0;
    end_ = old.size();
  }

  const ByteReader& read_;
  std::uint64_t length_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::uint64_t fed_ = 0;
  std::uint64_t left_when_filled_ = 0;
};

/// The first bytes of values, as far as they have names (the msgpack specification, "Formats").
enum MsgpackFormat : std::uint8_t {
  fixmap = 0x80,
  fixarray = 0x90,
  fixstr = 0xa0,
  nil = 0xc0,
  no = 0xc2,
  yes = 0xc3,
  bin8 = 0xc4,
  bin16 = 0xc5,
  bin32 = 0xc6,
  ext8 = 0xc7,
  ext16 = 0xc8,
  ext32 = 0xc9,
  float32 = 0xca,
  float64 = 0xcb,
  uint8 = 0xcc,
  uint16 = 0xcd,
  uint32 = 0xce,
  uint64 = 0xcf,
  int8 = 0xd0,
  int16 = 0xd1,
  int32 = 0xd2,
  int64 = 0xd3,
  fixext1 = 0xd4,
  fixext2 = 0xd5,
  fixext4 = 0xd6,
  fixext8 = 0xd7,
  fixext16 = 0xd8,
  str8 = 0xd9,
  str16 = 0xda,
  str32 = 0xdb,
  array16 = 0xdc,
  array32 = 0xdd,
  map16 = 0xde,
  map32 = 0xdf,
  negative_fixint = 0xe0,
};

template <typename Handler>
class MsgpackParser {
 public:
  MsgpackParser(MsgpackWindow& window, Handler& handler) : window_(window), handler_(handler) {}

  void parse() {
    // The object is the only value of what is open at first.
    bool sound = true;
    while (sound && open_.left != 0) {
      sound = parse_value();
      while (sound && --open_.left == 0 && depth_ != 0) sound = end();
    }
    if (!sound) throw MsgpackProblem(window_.position(), handler_.problem);
  }

 private:
  struct Open {
    bool is_map = false;
    std::uint64_t left = 1;  // values; a map's keys are values, too
  };

  /// A value without what an array or a map holds.
  bool parse_value() {
    const auto first = number<std::uint8_t>();
    if (first < fixmap) return handler_.on_unsigned(first);
    if (first < fixarray) return begin(true, first - fixmap);
    if (first < fixstr) return begin(false, first - fixarray);
    if (first < nil) return on_string(first - fixstr);
    if (first >= negative_fixint) return on_signed(static_cast<std::int8_t>(first));
    return parse_long(first);
  }

  /// A value whose first byte says only what form it has. Inlined, it would slow down all others.
  [[gnu::noinline]] bool parse_long(std::uint8_t first) {
    switch (first) {
      case nil:
        return handler_.on_null();
      case no:
        return handler_.on_boolean(false);
      case yes:
        return handler_.on_boolean(true);
      case bin8:
        return on_binary(number<std::uint8_t>());
      case bin16:
        return on_binary(number<std::uint16_t>());
      case bin32:
        return on_binary(number<std::uint32_t>());
      case ext8:
        return on_extension(number<std::uint8_t>());
      case ext16:
        return on_extension(number<std::uint16_t>());
      case ext32:
        return on_extension(number<std::uint32_t>());
      case float32:
        return handler_.on_f32(number<std::uint32_t>());
      case float64:
        return handler_.on_f64(number<std::uint64_t>());
      case uint8:
        return handler_.on_unsigned(number<std::uint8_t>());
      case uint16:
        return handler_.on_unsigned(number<std::uint16_t>());
      case uint32:
        return handler_.on_unsigned(number<std::uint32_t>());
      case uint64:
        return handler_.on_unsigned(number<std::uint64_t>());
      case int8:
        return on_signed(static_cast<std::int8_t>(number<std::uint8_t>()));
      case int16:
        return on_signed(static_cast<std::int16_t>(number<std::uint16_t>()));
      case int32:
        return on_signed(static_cast<std::int32_t>(number<std::uint32_t>()));
      case int64:
        return on_signed(static_cast<std::int64_t>(number<std::uint64_t>()));
      case fixext1:
        return on_extension(1);
      case fixext2:
        return on_extension(2);
      case fixext4:
        return on_extension(4);
      case fixext8:
        return on_extension(8);
      case fixext16:
        return on_extension(16);
      case str8:
        return on_string(number<std::uint8_t>());
      case str16:
        return on_string(number<std::uint16_t>());
      case str32:
        return on_string(number<std::uint32_t>());
      case array16:
        return begin(false, number<std::uint16_t>());
      case array32:
        return begin(false, number<std::uint32_t>());
      case map16:
        return begin(true, number<std::uint16_t>());
      case map32:
        return begin(true, number<std::uint32_t>());
      default:
        throw MsgpackProblem(window_.position() - 1, "not valid msgpack");
    }
  }

  template <typename T>
  T number() {
    T value = 0;
    for (const std::byte b : window_.take(sizeof(T))) {
      value = static_cast<T>(std::uint64_t{value} << 8 | std::to_integer<T>(b));
    }
    return value;
  }

  bool on_signed(std::int64_t value) {
    // A signed encoding of a number that is not negative is the same number.
    return value < 0 ? handler_.on_negative(value) : handler_.on_unsigned(static_cast<std::uint64_t>(value));
  }
  bool on_string(std::uint32_t size) { return handler_.on_string(chars_of(window_.take(size))); }
  bool on_binary(std::uint32_t size) { return handler_.on_binary(window_.take(size)); }
  bool on_extension(std::uint64_t size) { return handler_.on_extension(window_.take(1 + size)); }

  bool begin(bool is_map, std::uint32_t count) {
    const std::uint64_t values = std::uint64_t{count} * (is_map ? 2 : 1);
    if (values > window_.left_when_filled() || depth_ == kMaxNesting) return fail_begin(count);
    outer_[depth_++] = open_;
    open_ = {is_map, values + 1};  // its beginning is done with like a value
    return is_map ? handler_.begin_map(count) : handler_.begin_array(count);
  }

  [[gnu::noinline]] bool fail_begin(std::uint32_t count) {
    handler_.problem = depth_ == kMaxNesting ? "nested deeper than " + std::to_string(kMaxNesting) + " levels"
                                             : "a collection of " + std::to_string(count) +
                                                   " elements does not fit in the bytes left";
    return false;
  }

  bool end() {
    const bool is_map = open_.is_map;
    open_ = outer_[--depth_];
    return is_map ? handler_.end_map() : handler_.end_array();
  }

  MsgpackWindow& window_;
  Handler& handler_;
  Open open_;
  std::array<Open, kMaxNesting> outer_{};
  std::size_t depth_ = 0;
};

}  // namespace detail

/// Parses one object out of `length` bytes. The bytes that follow it are handed to `rest`. Throws
/// MsgpackProblem.
template <typename Handler>
void parse_msgpack(const ByteReader& read, std::uint64_t length, Handler& handler,
                   const std::function<void(ByteSpan)>& rest) {
  detail::MsgpackWindow window(read, length);
  detail::MsgpackParser<Handler>(window, handler).parse();
  if (!window.held().empty()) rest(window.held());
  std::array<std::byte, 4096> more{};
  while (const std::size_t got = read(more)) rest(ByteSpan(more).first(got));
}

}  // namespace aerotool
