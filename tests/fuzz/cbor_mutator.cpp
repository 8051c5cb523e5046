#include "cbor_mutator.hpp"

#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "encoding/cbor/reader.hpp"
#include "encoding/cbor/writer.hpp"

namespace aerotool::fuzz {
namespace {

constexpr std::size_t kMaxValues = 10'000;

struct Context {
  std::minstd_rand& random;
  std::span<const std::string_view> words;
  const std::function<void(std::string&)>& mutate;

  std::size_t below(std::size_t n) const { return random() % n; }
};

/// Arrays as lists of values that can be changed one by one.
void unpack(Value& value) {
  if (value.type == ValueType::map) {
    for (auto& [key, item] : value.map()) unpack(item);
  } else if (value.type == ValueType::array) {
    std::vector<Value> items;
    for_each_element(value.array(), [&](const Value& element) {
      // Text is borrowed from the array, which goes.
      const bool is_text = element.type == ValueType::string;
      items.push_back(is_text ? Value::string(std::string(element.text())) : element);
      unpack(items.back());
      return true;
    });
    value = Value::list(std::move(items));
  }
}

std::vector<Value>& items_of(Value& value) {
  return std::get<Array>(value.data).items;
}

void collect(Value& value, std::vector<Value*>& values) {
  if (values.size() >= kMaxValues) return;
  values.push_back(&value);
  if (value.type == ValueType::map) {
    for (auto& [key, item] : value.map()) {
      values.push_back(&key);
      collect(item, values);
    }
  } else if (value.type == ValueType::array) {
    for (Value& item : items_of(value)) collect(item, values);
  }
}

std::uint64_t number(const Context& at, std::uint64_t old) {
  constexpr std::uint64_t kHighest = std::numeric_limits<std::uint64_t>::max();
  constexpr std::array<std::uint64_t, 17> kEdges = {0,
                                                    1,
                                                    2,
                                                    3,
                                                    7,
                                                    32,
                                                    40,
                                                    64,
                                                    65,
                                                    4096,
                                                    4097,
                                                    65536,
                                                    0xffffffff,
                                                    0x100000000,
                                                    kHighest >> 1,
                                                    kHighest - 4095,
                                                    kHighest};
  switch (at.below(6)) {
    case 0:
      return old + 1;
    case 1:
      return old - 1;
    case 2:
      return old + 4096;
    case 3:
      return old - 64;
    case 4:
      return old ^ (std::uint64_t{1} << at.below(64));
    default:
      return kEdges.at(at.below(kEdges.size()));
  }
}

/// One left out, doubled, or swapped with another.
template <typename Item>
void mutate_items(std::vector<Item>& items, const Context& at) {
  if (items.empty()) return;
  const std::size_t i = at.below(items.size());
  switch (at.below(3)) {
    case 0:
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    case 1:
      items.push_back(Item(items[i]));
      break;
    default:
      std::swap(items[i], items[at.below(items.size())]);
  }
}

void mutate_map(MapItems& items, const Context& at) {
  if (items.empty()) return;
  const std::size_t i = at.below(items.size());
  if (at.below(3) == 0) {
    items.emplace_back(Value::string(std::string(at.words[at.below(at.words.size())])), items[i].second);
  } else if (at.below(2) == 0) {
    // What a key says, said by another.
    std::swap(items[i].second, items[at.below(items.size())].second);
  } else {
    mutate_items(items, at);
  }
}

void mutate_value(Value& value, const std::vector<Value*>& all, const Context& at) {
  if (at.below(8) == 0) {
    const Value& other = *all[at.below(all.size())];
    if (other.type != ValueType::array && other.type != ValueType::map) value = Value(other);
    return;
  }
  switch (value.type) {
    case ValueType::string:
    case ValueType::binary: {
      std::string text(value.text());
      if (at.below(2) == 0) {
        text = at.words[at.below(at.words.size())];
      } else {
        at.mutate(text);
      }
      value = value.type == ValueType::string ? Value::string(std::move(text))
                                              : Value::binary(Bytes::own(std::move(text)));
      return;
    }
    case ValueType::array: {
      std::vector<Value> items = items_of(value);
      mutate_items(items, at);
      value = Value::list(std::move(items));
      return;
    }
    case ValueType::map:
      return mutate_map(value.map(), at);
    case ValueType::boolean:
      value = Value::boolean(value.bits == 0);
      return;
    default:
      value = Value::u64(number(at, value.bits));
  }
}

}  // namespace

void mutate_cbor(std::string& bytes, std::minstd_rand& random, std::span<const std::string_view> words,
                 const std::function<void(std::string&)>& mutate) {
  try {
    cbor::Reader reader(bytes_of(bytes), cbor::Mode::lax);
    ValueBuilder builder;
    reader.value(builder);
    Value root = builder.take();
    unpack(root);
    std::vector<Value*> values;
    collect(root, values);
    mutate_value(*values[random() % values.size()], values, {random, words, mutate});
    std::string made;
    cbor::append_value(made, root, cbor::MapOrder::deterministic);
    bytes = std::move(made);
  } catch (const cbor::Problem&) {
    mutate(bytes);
  }
}

}  // namespace aerotool::fuzz
