#include "encoding/pickle/node_store.hpp"

#include <algorithm>
#include <bit>

namespace aerotool::pickle {
namespace {

/// About what an entry of a table of globals takes beside its names.
constexpr std::uint64_t kGlobalEntry = 256;
/// About what a slot costs beside itself: its place among the free ones, and the heap's own bytes.
constexpr std::uint64_t kSlotEntry = 28;

}  // namespace

NodeStore::NodeStore(Bytes pickle, std::uint64_t most) : Nodes(std::move(pickle)), most_(most) {
  pin(Kind::none, 0);
  pin(Kind::boolean, 0);
  pin(Kind::boolean, 1);
  pin(Kind::tuple, items_.take());
  for (std::int64_t i = 0; i < kSmallIntegers; ++i) pin(Kind::integer, static_cast<std::uint64_t>(i));
}

void NodeStore::pin(Kind kind, std::uint64_t first) {
  nodes_.push_back({.references = 1, .kind = kind, .flags = kPinned, .first = first, .second = 0});
}

NodeId NodeStore::make(Kind kind, std::uint64_t first, std::uint64_t second, std::uint8_t flags) {
  NodeId id = free_;
  if (id == kNoNode) {
    charge(sizeof(Node));
    nodes_.emplace_back();
    id = static_cast<NodeId>(nodes_.size() - 1);
  } else {
    free_ = static_cast<NodeId>(static_cast<std::uint32_t>(at(id).first));
  }
  at(id) = {.references = 1, .kind = kind, .flags = flags, .first = first, .second = second};
  return id;
}

template <typename T>
std::uint64_t NodeStore::slot_in(Arena<T>& arena) {
  if (arena.will_grow()) charge(sizeof(T) + kSlotEntry);
  return arena.take();
}

NodeId NodeStore::make_integer(std::int64_t value) {
  if (value >= 0 && value < kSmallIntegers) return NodeId{kZero + static_cast<std::uint32_t>(value)};
  return make(Kind::integer, static_cast<std::uint64_t>(value));
}

NodeId NodeStore::make_floating(double value) {
  return make(Kind::floating, std::bit_cast<std::uint64_t>(value));
}

NodeId NodeStore::make_view(Kind kind, std::string_view in_pickle, bool python2) {
  const auto offset = static_cast<std::uint64_t>(in_pickle.data() - chars_of(pickle_.view).data());
  const int flags = (python2 ? kPython2 : 0) | (kind == Kind::byte_array ? kUnhashable : 0);
  return make(kind, offset, in_pickle.size(), static_cast<std::uint8_t>(flags));
}

NodeId NodeStore::make_owned(Kind kind, std::string text, bool python2) {
  charge(text.capacity());
  const std::uint64_t slot = slot_in(texts_);
  texts_[slot] = std::move(text);
  return make(kind, slot, 0, static_cast<std::uint8_t>(kOwned | (python2 ? kPython2 : 0)));
}

NodeId NodeStore::make_sequence(Kind kind, std::span<const NodeId> items) {
  std::uint8_t flags = kind == Kind::list || kind == Kind::set ? kUnhashable : 0;
  if (!std::all_of(items.begin(), items.end(), [this](NodeId item) { return is_hashable(item); }))
    flags = kUnhashable;
  const std::uint64_t slot = slot_in(items_);
  std::vector<NodeId>& held = items_[slot];
  charge(items.size() * sizeof(NodeId));
  held.assign(items.begin(), items.end());
  return make(kind, slot, 0, flags);
}

NodeId NodeStore::make_dict() {
  return make(Kind::dict, slot_in(pairs_), 0, kUnhashable);
}

std::optional<NodeId> NodeStore::make_global(std::string_view module, std::string_view name,
                                             std::uint64_t offset) {
  const std::size_t known = globals_.list().size();
  const auto index = globals_.meet(module, name, offset);
  if (!index) return std::nullopt;
  if (globals_.list().size() > known) charge(2 * (module.size() + name.size()) + kGlobalEntry);
  if (global_nodes_.size() <= *index) global_nodes_.resize(*index + 1, kNoNode);
  NodeId& node = global_nodes_[*index];
  if (node == kNoNode) node = make(Kind::global, *index, 0, kPinned);
  return node;
}

std::uint64_t NodeStore::new_parts(NodeId target, NodeId arguments, NodeId named_arguments) {
  const std::uint64_t slot = slot_in(parts_);
  Parts& parts = parts_[slot];
  parts.target = target;
  parts.arguments = arguments;
  parts.named_arguments = named_arguments;
  return slot;
}

NodeId NodeStore::make_call(NodeId target, NodeId arguments) {
  return make(Kind::call, new_parts(target, arguments, kNoNode));
}

NodeId NodeStore::make_object(NodeId target, NodeId arguments, NodeId named_arguments) {
  return make(Kind::object, new_parts(target, arguments, named_arguments));
}

NodeId NodeStore::make_persistent(NodeId value) {
  return make(Kind::persistent, static_cast<std::uint32_t>(value));
}

void NodeStore::append(NodeId id, std::span<const NodeId> items) {
  std::vector<NodeId>& held = has_parts(id) ? parts_[at(id).first].items : items_[at(id).first];
  make_room(held, items.size());
  held.insert(held.end(), items.begin(), items.end());
}

void NodeStore::set(NodeId id, std::span<const NodeId> keys_and_values) {
  std::vector<Pair>& held = has_parts(id) ? parts_[at(id).first].pairs : pairs_[at(id).first];
  make_room(held, keys_and_values.size() / 2);
  for (std::size_t i = 0; i + 1 < keys_and_values.size(); i += 2)
    held.push_back({keys_and_values[i], keys_and_values[i + 1]});
}

void NodeStore::set_state(NodeId id, NodeId state) {
  parts_[at(id).first].state = state;
}

}  // namespace aerotool::pickle
