// Builds a Value from the events of a parser.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "encoding/value.hpp"

namespace aerotool {

/// Takes the events of one value after the other, scalar or nested. Arrays of one kind come out packed.
class ValueBuilder {
 public:
  /// What all values of a file's metadata may take together.
  static constexpr std::uint64_t kMaxMemory = std::uint64_t{128} << 20;

  explicit ValueBuilder(std::uint64_t most = kMaxMemory) : most_(most) {}

  void scalar(Value value);
  /// A string or binary.
  void text(ValueType type, std::string_view text);
  void begin_array();
  void end_array();
  void begin_map();
  void end_map();

  /// Whether the value is complete.
  bool done() const { return done_; }
  Value take();

  /// Memory held so far, since the last take(). What would pass most() at one step is counted, but not taken
  /// in.
  std::uint64_t memory() const { return memory_; }
  /// Who builds values stops then.
  bool is_over() const { return memory_ > most_; }
  /// What they may take yet. Who keeps a value that was taken lowers it by that.
  std::uint64_t most() const { return most_; }
  void keep(std::uint64_t memory) { most_ -= std::min(most_, memory); }

 private:
  struct Frame {
    bool is_map = false;
    ArrayBuilder array;
    MapItems map;
    bool has_key = false;
    Value key;
  };
  void add(Value value);
  void add_to(ArrayBuilder& array, Value value, std::uint64_t held);

  std::vector<Frame> frames_;
  Value result_;
  bool done_ = false;
  std::uint64_t most_;
  std::uint64_t memory_ = 0;
};

/// What a value holds beside itself, as ValueBuilder counts it.
std::uint64_t memory_of(const Value& value);

}  // namespace aerotool
