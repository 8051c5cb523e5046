#include "msgpack_mutator.hpp"

#include <array>
#include <limits>
#include <msgpack.hpp>
#include <vector>

namespace aerotool::fuzz {
namespace {

using Random = std::minstd_rand;
using msgpack::type::object_type;

constexpr std::size_t kMaxValues = 10'000;

/// What keeps the bytes of new values, and the random choices.
struct Context {
  msgpack::zone& zone;
  Random& random;
  const std::function<void(std::string&)>& mutate;

  std::size_t below(std::size_t n) const { return random() % n; }
};

void collect(msgpack::object& value, std::vector<msgpack::object*>& values) {
  if (values.size() >= kMaxValues) return;
  values.push_back(&value);
  if (value.type == object_type::ARRAY) {
    for (std::uint32_t i = 0; i < value.via.array.size; ++i) collect(value.via.array.ptr[i], values);
  } else if (value.type == object_type::MAP) {
    for (std::uint32_t i = 0; i < value.via.map.size; ++i) {
      collect(value.via.map.ptr[i].key, values);
      collect(value.via.map.ptr[i].val, values);
    }
  }
}

std::uint64_t number(const Context& at, std::uint64_t old) {
  constexpr std::array<std::uint64_t, 20> kEdges = {0,
                                                    1,
                                                    2,
                                                    3,
                                                    12,
                                                    15,
                                                    16,
                                                    32,
                                                    0x7fff,
                                                    0x8000,
                                                    0x8001,
                                                    0xffff,
                                                    0x7fffffff,
                                                    0x80000000,
                                                    0xffffffff,
                                                    0x100000000,
                                                    std::numeric_limits<std::uint64_t>::max() >> 1,
                                                    std::uint64_t{1} << 63,
                                                    std::numeric_limits<std::uint64_t>::max() - 15,
                                                    std::numeric_limits<std::uint64_t>::max()};
  switch (at.below(4)) {
    case 0:
      return old + 1;
    case 1:
      return old - 1;
    case 2:
      return old ^ (std::uint64_t{1} << at.below(64));
    default:
      return kEdges.at(at.below(kEdges.size()));
  }
}

std::string text_of(const msgpack::object& value) {
  if (value.type == object_type::STR) return {value.via.str.ptr, value.via.str.size};
  return {value.via.bin.ptr, value.via.bin.size};
}

/// The elements of an array, or the pairs of a map, with one left out, doubled, or swapped with another.
template <typename Collection>
void mutate_elements(Collection& of, const Context& at) {
  using Element = std::remove_pointer_t<decltype(of.ptr)>;
  if (of.size == 0) return;
  std::vector<Element> elements(of.ptr, of.ptr + of.size);
  const std::size_t i = at.below(elements.size());
  switch (at.below(3)) {
    case 0:
      elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    case 1:
      elements.push_back(Element(elements[i]));
      break;
    default:
      std::swap(elements[i], elements[at.below(elements.size())]);
  }
  of.ptr = static_cast<Element*>(
      at.zone.allocate_align(sizeof(Element) * (elements.size() + 1), alignof(Element)));
  std::copy(elements.begin(), elements.end(), of.ptr);
  of.size = static_cast<std::uint32_t>(elements.size());
}

void mutate_value(msgpack::object& value, const std::vector<msgpack::object*>& all, const Context& at) {
  if (at.below(8) == 0) {
    // Not an ancestor of itself: what is copied is flat, or was there before.
    const msgpack::object& other = *all[at.below(all.size())];
    if (other.type != object_type::ARRAY && other.type != object_type::MAP) value = other;
    return;
  }
  switch (value.type) {
    case object_type::POSITIVE_INTEGER:
      value.via.u64 = number(at, value.via.u64);
      return;
    case object_type::NEGATIVE_INTEGER:
      value = msgpack::object(number(at, static_cast<std::uint64_t>(value.via.i64)));
      return;
    case object_type::STR:
    case object_type::BIN: {
      std::string text = text_of(value);
      if (at.below(16) == 0) {
        value.type = value.type == object_type::STR ? object_type::BIN : object_type::STR;
        return;
      }
      at.mutate(text);
      if (value.type == object_type::STR) {
        value = msgpack::object(text, at.zone);
      } else {
        value = msgpack::object(std::vector<char>(text.begin(), text.end()), at.zone);
      }
      return;
    }
    case object_type::ARRAY:
      mutate_elements(value.via.array, at);
      return;
    case object_type::MAP:
      mutate_elements(value.via.map, at);
      return;
    case object_type::BOOLEAN:
      value.via.boolean = !value.via.boolean;
      return;
    default:
      value = msgpack::object(number(at, 0));
  }
}

}  // namespace

void mutate_msgpack(std::string& bytes, Random& random, const std::function<void(std::string&)>& mutate) {
  try {
    std::size_t end = 0;
    constexpr std::size_t kMax = 100'000;
    const msgpack::unpack_limit limit(kMax, kMax, kMax, kMax, kMax, 64);
    msgpack::object_handle handle = msgpack::unpack(bytes.data(), bytes.size(), end, nullptr, nullptr, limit);
    msgpack::object root = handle.get();
    std::vector<msgpack::object*> values;
    collect(root, values);
    mutate_value(*values[random() % values.size()], values, {*handle.zone(), random, mutate});
    msgpack::sbuffer packed;
    msgpack::pack(packed, root);
    bytes = std::string(packed.data(), packed.size()) + bytes.substr(end);
  } catch (const msgpack::unpack_error&) {
    mutate(bytes);
  }
}

}  // namespace aerotool::fuzz
