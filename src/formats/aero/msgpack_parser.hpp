// msgpack, event by event from a stream of bytes: msgpack-c's parser and visitor, no object tree, with what
// they do not check: nesting, lengths against the bytes that are left, and exactly one object.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <msgpack.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

namespace aerotool::aero {

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

inline constexpr std::size_t kMostNesting = 64;
inline constexpr std::size_t kWindow = std::size_t{256} << 10;
// msgpack-c holds one string whole while it comes in. Larger ones than any we write, which are the heads of
// safetensors files, are refused, so that a small file cannot claim much memory.
inline constexpr std::size_t kMostString = std::size_t{96} << 20;

template <typename Handler>
class MsgpackVisitor : public msgpack::null_visitor {
 public:
  MsgpackVisitor(Handler& handler, std::uint64_t length) : handler_(handler), length_(length) {}

  bool visit_nil() { return handler_.on_null(); }
  bool visit_boolean(bool value) { return handler_.on_boolean(value); }
  bool visit_positive_integer(std::uint64_t value) { return handler_.on_unsigned(value); }
  bool visit_negative_integer(std::int64_t value) {
    // A signed encoding of a number that is not negative is the same number.
    return value < 0 ? handler_.on_negative(value) : handler_.on_unsigned(static_cast<std::uint64_t>(value));
  }
  bool visit_float32(float value) { return handler_.on_f32(std::bit_cast<std::uint32_t>(value)); }
  bool visit_float64(double value) { return handler_.on_f64(std::bit_cast<std::uint64_t>(value)); }
  bool visit_str(const char* text, std::uint32_t size) { return handler_.on_string({text, size}); }
  bool visit_bin(const char* text, std::uint32_t size) { return handler_.on_binary(bytes_of({text, size})); }
  bool visit_ext(const char* text, std::uint32_t size) {
    return handler_.on_extension(bytes_of({text, size}));
  }
  bool start_array(std::uint32_t count) { return enter(count, 1) && handler_.begin_array(count); }
  bool end_array() {
    --depth_;
    return handler_.end_array();
  }
  bool start_map(std::uint32_t count) { return enter(count, 2) && handler_.begin_map(count); }
  bool end_map() {
    --depth_;
    return handler_.end_map();
  }
  void parse_error(std::size_t, std::size_t) { handler_.problem = "not valid msgpack"; }

  /// Bytes that had been parsed before the window the parser works on.
  std::uint64_t parsed = 0;

 private:
  bool enter(std::uint64_t count, std::uint64_t bytes_each) {
    if (count * bytes_each > length_ - std::min(parsed, length_)) {
      handler_.problem =
          "a collection of " + std::to_string(count) + " elements does not fit in the bytes left";
      return false;
    }
    if (++depth_ > kMostNesting) {
      handler_.problem = "nested deeper than " + std::to_string(kMostNesting) + " levels";
      return false;
    }
    return true;
  }

  Handler& handler_;
  std::uint64_t length_;
  std::size_t depth_ = 0;
};

struct NoHook {
  void operator()(char*) const {}
};

template <typename Handler>
class MsgpackParser : public msgpack::parser<MsgpackParser<Handler>, NoHook> {
 public:
  MsgpackParser(Handler& handler, std::uint64_t length, std::size_t window, NoHook& hook)
      : msgpack::parser<MsgpackParser, NoHook>(hook, window), visitor_(handler, length) {}
  MsgpackVisitor<Handler>& visitor() { return visitor_; }
  bool referenced() const { return visitor_.referenced(); }
  void set_referenced(bool referenced) { visitor_.set_referenced(referenced); }

 private:
  MsgpackVisitor<Handler> visitor_;
};

}  // namespace detail

/// Parses one object out of `length` bytes. The bytes that follow it are handed to `rest`. Throws
/// MsgpackProblem.
template <typename Handler>
void parse_msgpack(const ByteReader& read, std::uint64_t length, Handler& handler,
                   const std::function<void(ByteSpan)>& rest) {
  detail::NoHook hook;
  // Most chunks are far smaller than the largest window, and a set has many of them.
  // One byte more than there should be shows that there are more.
  const auto window = static_cast<std::size_t>(std::min<std::uint64_t>(length, detail::kWindow - 1)) + 1;
  detail::MsgpackParser<Handler> parser(handler, length, window, hook);
  std::uint64_t fed = 0;
  for (bool whole = false; !whole;) {
    if (parser.nonparsed_size() > detail::kMostString) {
      throw MsgpackProblem(parser.parsed_size(), "holds a string of more than 96 MiB");
    }
    parser.visitor().parsed = parser.parsed_size();
    parser.reserve_buffer(window);
    const std::size_t got = read(std::as_writable_bytes(std::span(parser.buffer(), window)));
    if (got == 0) throw MsgpackProblem(fed, "the msgpack object ends too soon");
    fed += got;
    parser.buffer_consumed(got);
    try {
      whole = parser.next();
    } catch (const msgpack::unpack_error& error) {
      throw MsgpackProblem(parser.parsed_size(), error.what());
    }
    if (!whole && !handler.problem.empty()) throw MsgpackProblem(parser.parsed_size(), handler.problem);
  }
  if (parser.nonparsed_size() != 0) rest(bytes_of({parser.nonparsed_buffer(), parser.nonparsed_size()}));
  std::array<std::byte, 4096> more{};
  while (const std::size_t got = read(more)) rest(ByteSpan(more).first(got));
}

}  // namespace aerotool::aero
