#include "formats/torch/contents.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "core/text.hpp"
#include "encoding/pickle/limits.hpp"
#include "encoding/pickle/python_names.hpp"
#include "formats/torch/globals.hpp"

namespace aerotool::torch {

using pickle::Kind;
using pickle::NodeId;
using pickle::Nodes;

namespace {

/// Of a tuple of keys, which may be one of tuples.
constexpr std::size_t kMaxTupleText = 1000;

NodeId first_argument(const Nodes& nodes, NodeId call) {
  const auto arguments = nodes.items(nodes.arguments(call));
  return arguments.empty() ? pickle::kNoNode : arguments[0];
}

/// The attributes of an object: its state where that is a dict; both of a pair of dicts, as slots have them.
std::array<NodeId, 2> attributes(const Nodes& nodes, NodeId id) {
  const NodeId state = nodes.state(id);
  if (nodes.kind(state) == Kind::dict) return {state, pickle::kNoNode};
  const auto items = nodes.items(state);
  const auto is_dict_or_none = [&](NodeId item) {
    return nodes.kind(item) == Kind::dict || nodes.kind(item) == Kind::none;
  };
  if (nodes.kind(state) == Kind::tuple && items.size() == 2 && std::ranges::all_of(items, is_dict_or_none))
    return {items[0], items[1]};
  return {pickle::kNoNode, pickle::kNoNode};
}

NodeId attribute(const Nodes& nodes, NodeId object, std::string_view name) {
  for (const NodeId dict : attributes(nodes, object)) {
    if (const NodeId value = nodes.find(dict, name); value != pickle::kNoNode) return value;
  }
  return pickle::kNoNode;
}

void visit_pairs(std::span<const pickle::Pair> pairs, const VisitMember& visit) {
  for (const pickle::Pair& pair : pairs) visit({.key = pair.key}, pair.value);
}

void visit_items(std::span<const NodeId> items, const VisitMember& visit) {
  for (std::size_t i = 0; i < items.size(); ++i) visit({.number = i}, items[i]);
}

/// Of a call that makes a mapping: what it is made of, a dict or a list of pairs.
void visit_mapping(const Nodes& nodes, NodeId made_of, const VisitMember& visit) {
  visit_pairs(nodes.pairs(made_of), visit);
  for (const NodeId item : nodes.items(made_of)) {
    const auto both = nodes.items(item);
    if (both.size() == 2) visit({.key = both[0]}, both[1]);
  }
}

NodeId mapping_argument(const Nodes& nodes, NodeId call) {
  const auto arguments = nodes.items(nodes.arguments(call));
  const std::size_t number = meaning_of_call(nodes, call) == Meaning::default_mapping ? 1 : 0;
  return arguments.size() > number ? arguments[number] : pickle::kNoNode;
}

/// As Python prints a float.
std::string python_float(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 32> buffer{};
  const double size = std::fabs(value);
  const bool is_plain = size == 0 || (size >= 1e-4 && size < 1e16);
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     is_plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(buffer.data(), written.ptr);
  if (is_plain && text.find('.') == std::string::npos) text += ".0";
  return text;
}

/// As Python prints what is in a tuple.
void append_printed(const Nodes& nodes, NodeId id, std::string& text) {
  if (text.size() > kMaxTupleText) return;
  const Kind kind = nodes.kind(id);
  if (kind == Kind::text || kind == Kind::bytes) {
    text += kind == Kind::bytes ? "b'" : "'";
    text += key_text(nodes, id) + "'";
  } else if (kind == Kind::tuple) {
    const auto items = nodes.items(id);
    text += '(';
    for (std::size_t i = 0; i < items.size() && text.size() <= kMaxTupleText; ++i) {
      if (i != 0) text += ", ";
      append_printed(nodes, items[i], text);
    }
    text += items.size() == 1 ? ",)" : ")";
  } else {
    text += key_text(nodes, id);
  }
}

}  // namespace

NodeId resolved(const Nodes& nodes, NodeId id) {
  for (std::size_t levels = 0; levels < pickle::kMaxDepth; ++levels) {
    if (meaning_of_call(nodes, id) != Meaning::itself) return id;
    const NodeId inner = first_argument(nodes, id);
    if (inner == pickle::kNoNode) return id;
    id = inner;
  }
  return id;
}

Container container_of(const Nodes& nodes, NodeId id) {
  switch (nodes.kind(id)) {
    case Kind::dict:
      return Container::mapping;
    case Kind::tuple:
    case Kind::list:
    case Kind::set:
    case Kind::frozen_set:
      return Container::sequence;
    case Kind::call:
      switch (meaning_of_call(nodes, id)) {
        case Meaning::mapping:
        case Meaning::default_mapping:
          return Container::mapping;
        case Meaning::sequence:
          return Container::sequence;
        case Meaning::unknown:
        case Meaning::instance:
          break;
        default:
          return Container::none;
      }
      break;
    case Kind::object:
      break;
    default:
      return Container::none;
  }
  const bool is_module = nodes.kind(attribute(nodes, id, "_parameters")) != Kind::freed &&
                         attribute(nodes, id, "_parameters") != pickle::kNoNode &&
                         attribute(nodes, id, "_buffers") != pickle::kNoNode &&
                         attribute(nodes, id, "_modules") != pickle::kNoNode;
  return is_module ? Container::module : Container::object;
}

void for_each_member(const Nodes& nodes, NodeId id, const VisitMember& visit) {
  switch (container_of(nodes, id)) {
    case Container::none:
      return;
    case Container::mapping:
      if (nodes.kind(id) == Kind::call) visit_mapping(nodes, mapping_argument(nodes, id), visit);
      visit_pairs(nodes.pairs(id), visit);
      return;
    case Container::sequence: {
      std::size_t count = 0;
      const auto one_more = [&](const Place&, NodeId value) { visit({.number = count++}, value); };
      if (nodes.kind(id) == Kind::call) visit_items(nodes.items(first_argument(nodes, id)), one_more);
      visit_items(nodes.items(id), one_more);
      return;
    }
    case Container::object:
    case Container::module: {
      const auto both = attributes(nodes, id);
      for (const NodeId dict : both) visit_pairs(nodes.pairs(dict), visit);
      if (both[0] == pickle::kNoNode) visit_items(nodes.items(nodes.state(id)), visit);
      visit_pairs(nodes.pairs(id), visit);
      visit_items(nodes.items(id), visit);
    }
  }
}

void for_each_state(const Nodes& nodes, NodeId module, const VisitMember& visit) {
  std::unordered_set<std::string> left_out;
  for_each_member(nodes, attribute(nodes, module, "_non_persistent_buffers_set"),
                  [&](const Place&, NodeId name) { left_out.insert(key_text(nodes, name)); });
  const auto visit_there = [&](const Place& place, NodeId value) {
    if (nodes.kind(value) != Kind::none) visit(place, value);
  };
  for_each_member(nodes, attribute(nodes, module, "_parameters"), visit_there);
  for_each_member(nodes, attribute(nodes, module, "_buffers"), [&](const Place& place, NodeId value) {
    if (!left_out.contains(text_of(nodes, place))) visit_there(place, value);
  });
  for_each_member(nodes, attribute(nodes, module, "_modules"), visit_there);
}

std::string class_of(const Nodes& nodes, NodeId id) {
  NodeId target = nodes.target(id);
  if (meaning_of_call(nodes, id) == Meaning::instance) target = first_argument(nodes, id);
  return nodes.kind(target) == Kind::global ? nodes.global(target).full_name() : std::string();
}

std::string text_of_bytes(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto octet = static_cast<std::uint8_t>(c);
    if (octet < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0 | octet >> 6);
      text += static_cast<char>(0x80 | (octet & 0x3f));
    }
  }
  return text;
}

std::string decimal(const Nodes& nodes, NodeId integer) {
  if (nodes.kind(integer) == Kind::integer) return std::to_string(nodes.integer(integer));
  // Little-endian, in two's complement: its size in parts of nine digits.
  std::vector<std::uint32_t> digits;
  const std::string_view bytes = nodes.text(integer);
  const bool is_negative = !bytes.empty() && (static_cast<std::uint8_t>(bytes.back()) & 0x80) != 0;
  constexpr std::uint64_t kPart = 1'000'000'000;
  const auto add = [&](std::uint64_t carry, std::uint64_t factor) {
    for (std::uint32_t& part : digits) {
      carry += part * factor;
      part = static_cast<std::uint32_t>(carry % kPart);
      carry /= kPart;
    }
    if (carry != 0) digits.push_back(static_cast<std::uint32_t>(carry));
  };
  for (std::size_t i = bytes.size(); i-- > 0;) {
    const auto octet = static_cast<std::uint8_t>(bytes[i]);
    add(is_negative ? static_cast<std::uint8_t>(~octet) : octet, 256);
  }
  if (is_negative) add(1, 1);
  std::string text = is_negative ? "-" : "";
  if (digits.empty()) return "0";
  text += std::to_string(digits.back());
  for (std::size_t i = digits.size() - 1; i-- > 0;) {
    const std::string part = std::to_string(digits[i]);
    text += std::string(9 - part.size(), '0') + part;
  }
  return text;
}

std::string key_text(const Nodes& nodes, NodeId key) {
  switch (nodes.kind(key)) {
    case Kind::text:
      return nodes.is_python2_text(key) ? text_of_bytes(nodes.text(key)) : std::string(nodes.text(key));
    case Kind::bytes:
    case Kind::byte_array:
      return text_of_bytes(nodes.text(key));
    case Kind::integer:
    case Kind::long_integer:
      return decimal(nodes, key);
    case Kind::none:
      return "None";
    case Kind::boolean:
      return nodes.boolean(key) ? "True" : "False";
    case Kind::floating:
      return python_float(nodes.floating(key));
    case Kind::global:
      return nodes.global(key).full_name();
    case Kind::tuple: {
      std::string text;
      append_printed(nodes, key, text);
      return text;
    }
    case Kind::call:
      if (const auto bytes = pickle::bytes_value(nodes, key)) return text_of_bytes(*bytes);
      if (meaning_of_call(nodes, key) == Meaning::device) return key_text(nodes, first_argument(nodes, key));
      break;
    default:
      break;
  }
  return nodes.describe(key);
}

std::string text_of(const Nodes& nodes, const Place& place) {
  return place.key == pickle::kNoNode ? std::to_string(place.number) : key_text(nodes, place.key);
}

}  // namespace aerotool::torch
