// Between the msgpack parser and the readers of MMSG, TIDX, IHSH and PHSH: keeps track of where in the object
// an event is, and for each member of a map takes one of three ways: into it, past it, or building it as a
// Value.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"
#include "encoding/msgpack/key_code.hpp"
#include "encoding/msgpack/parser.hpp"
#include "encoding/value_builder.hpp"

namespace aerotool {

enum class Collection { array, map };
enum class Route { enter, skip, build, stop };

/// `Derived` has: Route route_member(), asked when the key of a member is known; and for what is entered
/// on_begin(Collection, count), on_end(Collection), on_number(std::uint64_t), on_text(std::string_view),
/// on_blob(ByteSpan), on_other() for every other scalar; on_built(Value) for what was built. They return
/// false after fail_bool().
template <typename Derived>
class EventRouter : public MsgpackEvents {
 public:
  EventRouter() = default;
  /// What is built may take `most` bytes, with what the derived class keeps of it.
  explicit EventRouter(std::uint64_t most) : builder_(most) {}

  bool on_null() {
    return scalar([] { return Value{}; }, [this] { return derived().on_other(); });
  }
  bool on_boolean(bool value) {
    return scalar([=] { return Value::boolean(value); }, [this] { return derived().on_other(); });
  }
  bool on_unsigned(std::uint64_t value) {
    return scalar([=] { return Value::u64(value); }, [=, this] { return derived().on_number(value); });
  }
  bool on_negative(std::int64_t value) {
    return scalar([=] { return Value::i64(value); }, [this] { return derived().on_other(); });
  }
  bool on_f32(std::uint32_t bits) {
    return scalar([=] { return Value::of(ValueType::f32, bits); }, [this] { return derived().on_other(); });
  }
  bool on_f64(std::uint64_t bits) {
    return scalar([=] { return Value::of(ValueType::f64, bits); }, [this] { return derived().on_other(); });
  }
  bool on_string(std::string_view text) {
    if (mode_ == Route::enter && expects_key()) return take_key(text);
    return text_value(ValueType::string, text, [=, this] { return derived().on_text(text); });
  }
  bool on_binary(ByteSpan bytes) {
    return text_value(ValueType::binary, chars_of(bytes), [=, this] { return derived().on_blob(bytes); });
  }
  bool on_extension(ByteSpan bytes) {
    if (mode_ == Route::build && builder_.memory() + bytes.size() > builder_.most()) return too_much();
    const auto make = [=] {
      return Value::extension(std::to_integer<std::uint8_t>(bytes.front()),
                              Bytes::own(std::string(chars_of(bytes.subspan(1)))));
    };
    return scalar(make, [this] { return derived().on_other(); });
  }
  bool begin_array(std::uint32_t count) { return begin(Collection::array, count); }
  bool begin_map(std::uint32_t count) { return begin(Collection::map, count); }
  bool end_array() { return end(Collection::array); }
  bool end_map() { return end(Collection::map); }

 protected:
  /// How many containers are open; in on_begin and on_end the one that begins or ends counts.
  std::size_t depth() const { return frames_.size(); }
  /// The key that was read last.
  std::string_view key() const { return key_.text(); }
  KeyCode key_code() const { return key_.code(); }

  /// Counts the value that was built last, and `more` beside it, as kept. False where that is too much.
  bool keep_built(std::uint64_t more = 0) {
    if (built_memory_ + more > builder_.most()) return too_much();
    builder_.keep(built_memory_ + more);
    return true;
  }

  /// What values may take yet.
  std::uint64_t memory_left() const { return builder_.most(); }

  bool fail_bool(std::string_view why) {
    problem = why;
    return false;
  }
  // What makes messages is not inlined: it would slow down those who seldom call it.
  [[gnu::noinline]] bool fail_key(std::string_view why) {
    return fail_bool("\"" + escape_controls(key()) + "\"" + std::string(why));
  }
  Route fail(std::string_view why) {
    problem = why;
    return Route::stop;
  }

 private:
  struct Frame {
    Collection kind = Collection::array;
    bool has_key = false;
    std::size_t first_key = 0;  // of this map's in keys_
    std::uint64_t marks = 0;    // of its keys: where none is the same, none needs to be compared
  };
  // Maps with more keys than this are free-form; a key that is duplicated there does no harm.
  static constexpr std::size_t kMaxComparedKeys = 32;
  static constexpr std::size_t kMaxKey = std::size_t{64} << 10;

  Derived& derived() { return static_cast<Derived&>(*this); }
  bool expects_key() const {
    return !frames_.empty() && frames_.back().kind == Collection::map && !frames_.back().has_key;
  }
  void value_done() {
    mode_ = Route::enter;
    if (!frames_.empty()) frames_.back().has_key = false;
  }

  bool take_key(std::string_view text) {
    if (text.size() > kMaxKey) return fail_long_key(text.size());
    key_.hold(text);
    Frame& frame = frames_.back();
    frame.has_key = true;
    if (keys_.size() - frame.first_key < kMaxComparedKeys) {
      const std::uint64_t mark = mark_of(key_.code());
      if ((frame.marks & mark) != 0 && has_key_twice(frame)) return fail_twice();
      frame.marks |= mark;
      keys_.push_back(key_.code());
    }
    mode_ = derived().route_member();
    return mode_ != Route::stop;
  }

  /// One of 64 bits.
  static std::uint64_t mark_of(KeyCode code) {
    constexpr std::uint64_t kGoldenRatio = 0x9e37'79b9'7f4a'7c15;
    constexpr unsigned kAllButSix = 58;
    return std::uint64_t{1} << (code * kGoldenRatio >> kAllButSix);
  }
  [[gnu::noinline]] bool has_key_twice(const Frame& frame) const {
    const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(frame.first_key);
    return std::find(begin, keys_.end(), key_.code()) != keys_.end();
  }
  [[gnu::noinline]] bool fail_long_key(std::size_t size) {
    return fail_bool("a key has " + std::to_string(size) + " bytes; at most " + std::to_string(kMaxKey) +
                     " are read");
  }
  [[gnu::noinline]] bool fail_twice() {
    return fail_bool("the key \"" + escape_controls(key()) + "\" is duplicated");
  }

  template <typename Make, typename Enter>
  bool scalar(Make make, Enter enter) {
    return leaf([&] { builder_.scalar(make()); }, enter);
  }

  template <typename Enter>
  [[gnu::noinline]] bool text_value(ValueType type, std::string_view text, Enter enter) {
    return leaf([&] { builder_.text(type, text); }, enter);
  }

  template <typename Build, typename Enter>
  bool leaf(Build build, Enter enter) {
    if (mode_ != Route::enter) return pass(build);
    if (frames_.empty()) return fail_bool("it is not a map");
    if (expects_key()) return fail_bool("a key is not text");
    if (!enter()) return false;
    value_done();
    return true;
  }

  /// A leaf of what is skipped or built.
  template <typename Build>
  [[gnu::noinline]] bool pass(Build build) {
    if (mode_ == Route::build) {
      build();
      return within_memory() && (nesting_ != 0 || finish_build());
    }
    if (nesting_ == 0) value_done();
    return true;
  }

  bool begin(Collection kind, std::uint32_t count) {
    if (mode_ != Route::enter) {
      ++nesting_;
      if (mode_ == Route::build) kind == Collection::array ? builder_.begin_array() : builder_.begin_map();
      return within_memory();
    }
    if (expects_key()) return fail_bool("a key is not text");
    frames_.push_back({kind, false, keys_.size(), 0});
    return derived().on_begin(kind, count);
  }

  bool end(Collection kind) {
    if (mode_ != Route::enter) {
      --nesting_;
      if (mode_ == Route::build) {
        kind == Collection::array ? builder_.end_array() : builder_.end_map();
        if (!within_memory()) return false;
      }
      if (nesting_ != 0) return true;
      if (mode_ == Route::build) return finish_build();
      value_done();
      return true;
    }
    if (!derived().on_end(kind)) return false;
    keys_.resize(frames_.back().first_key);
    frames_.pop_back();
    value_done();
    return true;
  }

  bool within_memory() { return !builder_.is_over() || too_much(); }
  [[gnu::noinline]] bool too_much() {
    return fail_bool("the value of \"" + escape_controls(key()) + "\" takes too much memory");
  }

  bool finish_build() {
    built_memory_ = builder_.memory();
    Value value = builder_.take();
    value_done();
    return derived().on_built(std::move(value));
  }

  std::vector<Frame> frames_;
  std::vector<KeyCode> keys_;  // seen in the maps that are open
  HeldKey key_;
  Route mode_ = Route::enter;
  std::uint64_t built_memory_ = 0;
  std::size_t nesting_ = 0;  // open containers of what is skipped or built
  ValueBuilder builder_;
};

}  // namespace aerotool
