#include "encoding/value_builder.hpp"

namespace aerotool {
namespace {

/// What a value holds beside itself; arrays and maps are counted as they grow.
std::uint64_t held_by(const Value& value) {
  constexpr std::uint64_t kOwner = 64;
  const Bytes* const bytes = std::get_if<Bytes>(&value.data);
  return bytes != nullptr ? kOwner + bytes->size() : 0;
}

}  // namespace

std::uint64_t memory_of(const Value& value) {
  std::uint64_t memory = held_by(value);
  if (const Array* const array = std::get_if<Array>(&value.data)) {
    memory += array->packed.size();
    for (const Value& item : array->items) memory += sizeof(Value) + memory_of(item);
  } else if (const MapItems* const map = std::get_if<MapItems>(&value.data)) {
    for (const auto& [key, item] : *map) memory += 2 * sizeof(Value) + memory_of(key) + memory_of(item);
  }
  return memory;
}

void ValueBuilder::scalar(Value value) {
  add(std::move(value));
}

void ValueBuilder::text(ValueType type, std::string_view text) {
  // A large one is not to be held twice, and one that is too much not at all.
  const bool copied = !frames_.empty() && !frames_.back().is_map && frames_.back().array.copies(type);
  const std::uint64_t moved = copied ? frames_.back().array.memory() : 0;
  if (memory_ + moved + text.size() > most_) {
    memory_ += moved + text.size();
    return;
  }
  Bytes bytes = copied ? Bytes{bytes_of(text), nullptr} : Bytes::own(std::string(text));
  add(type == ValueType::string ? Value::string(std::move(bytes)) : Value::binary(std::move(bytes)));
}

void ValueBuilder::begin_array() {
  memory_ += sizeof(Frame);
  frames_.emplace_back();
}

void ValueBuilder::begin_map() {
  memory_ += sizeof(Frame);
  frames_.emplace_back();
  frames_.back().is_map = true;
}

void ValueBuilder::end_array() {
  Value value = Value::array(frames_.back().array.finish());
  frames_.pop_back();
  add(std::move(value));
}

void ValueBuilder::end_map() {
  Value value = Value::map(std::move(frames_.back().map));
  frames_.pop_back();
  add(std::move(value));
}

void ValueBuilder::add(Value value) {
  const std::uint64_t held = held_by(value);
  if (frames_.empty()) {
    memory_ += held;
    result_ = std::move(value);
    done_ = true;
    return;
  }
  Frame& frame = frames_.back();
  if (!frame.is_map) {
    add_to(frame.array, std::move(value), held);
    return;
  }
  memory_ += held;
  if (!frame.has_key) {
    frame.key = std::move(value);
    frame.has_key = true;
  } else {
    memory_ += 2 * sizeof(Value);
    frame.map.emplace_back(std::move(frame.key), std::move(value));
    frame.has_key = false;
  }
}

void ValueBuilder::add_to(ArrayBuilder& array, Value value, std::uint64_t held) {
  // A packed array of millions of bytes takes many times as much once one element is of another type.
  if (!array.is_mixed() && !array.stays_packed(value)) {
    const std::uint64_t unpacked = array.count() * sizeof(Value);
    if (memory_ + unpacked > most_) {
      memory_ += unpacked;
      return;
    }
  }
  memory_ -= array.memory();
  array.add(std::move(value));
  memory_ += array.memory() + (array.is_mixed() ? held : 0);
}

Value ValueBuilder::take() {
  done_ = false;
  memory_ = 0;
  return std::move(result_);
}

}  // namespace aerotool
