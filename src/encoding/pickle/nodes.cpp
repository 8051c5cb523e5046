#include "encoding/pickle/nodes.hpp"

#include <algorithm>
#include <bit>

#include "core/text.hpp"

namespace aerotool::pickle {
namespace {

std::string_view article_and_kind(Kind kind) {
  switch (kind) {
    case Kind::none:
      return "None";
    case Kind::boolean:
      return "a bool";
    case Kind::integer:
    case Kind::long_integer:
      return "an int";
    case Kind::floating:
      return "a float";
    case Kind::text:
      return "a str";
    case Kind::bytes:
      return "bytes";
    case Kind::byte_array:
      return "a bytearray";
    case Kind::tuple:
      return "a tuple";
    case Kind::list:
      return "a list";
    case Kind::dict:
      return "a dict";
    case Kind::set:
      return "a set";
    case Kind::frozen_set:
      return "a frozenset";
    case Kind::global:
      return "a global";
    case Kind::call:
      return "a call";
    case Kind::object:
      return "an object";
    case Kind::persistent:
      return "a persistent id";
    case Kind::record:
      return "a value that was read already";
    case Kind::freed:
      break;
  }
  return "nothing";
}

}  // namespace

Kind Nodes::kind(NodeId id) const {
  return static_cast<std::uint32_t>(id) < nodes_.size() ? at(id).kind : Kind::freed;
}

bool Nodes::boolean(NodeId id) const {
  return kind(id) == Kind::boolean && at(id).first != 0;
}

std::int64_t Nodes::integer(NodeId id) const {
  return kind(id) == Kind::integer ? static_cast<std::int64_t>(at(id).first) : 0;
}

double Nodes::floating(NodeId id) const {
  return kind(id) == Kind::floating ? std::bit_cast<double>(at(id).first) : 0;
}

std::string_view Nodes::text(NodeId id) const {
  const Kind found = kind(id);
  if (found != Kind::text && found != Kind::bytes && found != Kind::byte_array && found != Kind::long_integer)
    return {};
  const Node& node = at(id);
  if ((node.flags & kOwned) != 0) return texts_[node.first];
  return chars_of(pickle_.view.subspan(node.first, node.second));
}

bool Nodes::is_python2_text(NodeId id) const {
  return kind(id) == Kind::text && (at(id).flags & kPython2) != 0;
}

std::span<const NodeId> Nodes::items(NodeId id) const {
  switch (kind(id)) {
    case Kind::tuple:
    case Kind::list:
    case Kind::set:
    case Kind::frozen_set:
      return items_[at(id).first];
    case Kind::call:
    case Kind::object:
      return parts_[at(id).first].items;
    default:
      return {};
  }
}

std::span<const Pair> Nodes::pairs(NodeId id) const {
  if (kind(id) == Kind::dict) return pairs_[at(id).first];
  const Parts* found = parts(id);
  return found == nullptr ? std::span<const Pair>() : std::span<const Pair>(found->pairs);
}

NodeId Nodes::find(NodeId id, std::string_view key) const {
  const std::span<const Pair> all = pairs(id);
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const Pair& pair) {
    return kind(pair.key) == Kind::text && text(pair.key) == key;
  });
  return found == all.rend() ? kNoNode : found->value;
}

const Global& Nodes::global(NodeId id) const {
  static const Global none;
  return kind(id) == Kind::global ? globals_[at(id).first] : none;
}

NodeId Nodes::target(NodeId id) const {
  const Parts* found = parts(id);
  return found == nullptr ? kNoNode : found->target;
}

NodeId Nodes::arguments(NodeId id) const {
  const Parts* found = parts(id);
  return found == nullptr ? kNoNode : found->arguments;
}

NodeId Nodes::named_arguments(NodeId id) const {
  const Parts* found = parts(id);
  return found == nullptr ? kNoNode : found->named_arguments;
}

NodeId Nodes::state(NodeId id) const {
  const Parts* found = parts(id);
  return found == nullptr ? kNoNode : found->state;
}

NodeId Nodes::persistent_value(NodeId id) const {
  return kind(id) == Kind::persistent ? static_cast<NodeId>(at(id).first) : kNoNode;
}

Record Nodes::record(NodeId id) const {
  return kind(id) == Kind::record ? Record{at(id).first, at(id).second} : Record{};
}

std::string Nodes::describe(NodeId id) const {
  const auto name_of_global = [this](NodeId global_id) {
    return escape_controls(shortened(global(global_id).full_name()));
  };
  if (kind(id) == Kind::global) return name_of_global(id);
  std::string text(article_and_kind(kind(id)));
  if (has_parts(id) && kind(target(id)) == Kind::global) text += " of " + name_of_global(target(id));
  return text;
}

void Nodes::retain(NodeId id) {
  if (id == kNoNode) return;
  Node& node = at(id);
  if ((node.flags & kPinned) == 0) ++node.references;
}

void Nodes::release(NodeId id) {
  let_go(id);
  free_unreferenced();
}

void Nodes::let_go(NodeId id) {
  if (id == kNoNode) return;
  Node& node = at(id);
  if ((node.flags & kPinned) == 0 && --node.references == 0) unreferenced_.push_back(id);
}

void Nodes::let_go(const std::vector<NodeId>& items) {
  for (const NodeId item : items) let_go(item);
  memory_ -= items.capacity() * sizeof(NodeId);
}

void Nodes::let_go(const std::vector<Pair>& pairs) {
  for (const Pair& pair : pairs) {
    let_go(pair.key);
    let_go(pair.value);
  }
  memory_ -= pairs.capacity() * sizeof(Pair);
}

void Nodes::free_unreferenced() {
  // A node that goes may be the last to refer to others, and so on: a stack, since there is no saying how
  // far.
  while (!unreferenced_.empty()) {
    const NodeId last = unreferenced_.back();
    unreferenced_.pop_back();
    Node& node = at(last);
    empty(node);
    node = Node{};
    node.first = static_cast<std::uint32_t>(free_);
    free_ = last;
  }
  constexpr std::size_t kMany = 65'536;
  if (unreferenced_.capacity() > kMany) unreferenced_ = {};
}

void Nodes::empty(Node& node) {
  switch (node.kind) {
    case Kind::text:
    case Kind::bytes:
    case Kind::byte_array:
    case Kind::long_integer:
      if ((node.flags & kOwned) == 0) return;
      memory_ -= texts_[node.first].capacity();
      texts_.give(node.first);
      return;
    case Kind::tuple:
    case Kind::list:
    case Kind::set:
    case Kind::frozen_set:
      let_go(items_[node.first]);
      items_.give(node.first);
      return;
    case Kind::dict:
      let_go(pairs_[node.first]);
      pairs_.give(node.first);
      return;
    case Kind::call:
    case Kind::object: {
      const Parts& parts = parts_[node.first];
      for (const NodeId part : {parts.target, parts.arguments, parts.named_arguments, parts.state})
        let_go(part);
      let_go(parts.items);
      let_go(parts.pairs);
      parts_.give(node.first);
      return;
    }
    case Kind::persistent:
      let_go(static_cast<NodeId>(node.first));
      return;
    default:
      return;
  }
}

bool Nodes::become_record(NodeId id, Record record) {
  switch (kind(id)) {
    case Kind::list:
    case Kind::dict:
    case Kind::set:
    case Kind::call:
    case Kind::object:
    case Kind::persistent:
    case Kind::record:
      break;
    default:
      return false;
  }
  Node& node = at(id);
  // What it referred to may refer to it, and must not free it meanwhile.
  ++node.references;
  empty(node);
  node.kind = Kind::record;
  node.flags = 0;
  node.first = record.first;
  node.second = record.second;
  release(id);
  return true;
}

}  // namespace aerotool::pickle
