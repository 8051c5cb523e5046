#include <algorithm>

#include "encoding/pickle/machine.hpp"

namespace aerotool::pickle {

void Machine::make_tuple(std::size_t count) {
  const NodeId id = nodes_.make_sequence(Kind::tuple, last(count));
  drop(count);
  push(id);
}

void Machine::make_from_mark(Kind kind) {
  const Ids items = above_mark();
  if (kind == Kind::frozen_set)
    std::for_each(items.begin(), items.end(), [this](NodeId id) { require_hashable(id); });
  const NodeId id =
      kind == Kind::tuple && items.empty() ? nodes_.make_empty_tuple() : nodes_.make_sequence(kind, items);
  drop(items.size());
  drop_mark();
  push(id);
}

void Machine::make_dict_from_mark() {
  const std::size_t count = above_mark().size();
  const NodeId id = nodes_.make_dict();
  add(id, Change::set, above_mark());
  drop(count);
  drop_mark();
  push(id);
}

void Machine::add_from_mark(Change change) {
  const Ids items = above_mark();
  const std::size_t below = marks_.back();
  if (below == 0 || (marks_.size() > 1 && marks_[marks_.size() - 2] == below))
    corrupt(opcode_name() + " has nothing below its MARK to add to");
  add(stack_[below - 1], change, items);
  drop(items.size());
  drop_mark();
}

void Machine::add_one(Change change) {
  const std::size_t count = change == Change::set ? 2 : 1;
  const NodeId target = peek(count);
  add(target, change, last(count));
  drop(count);
}

bool Machine::accepts(NodeId target, Change change) const {
  switch (nodes_.kind(target)) {
    case Kind::call:
    case Kind::object:
    case Kind::record:
      return true;
    case Kind::dict:
      return change == Change::set;
    case Kind::list:
      return change == Change::append;
    case Kind::set:
      return change == Change::add;
    default:
      return false;
  }
}

void Machine::require_hashable(NodeId id) const {
  if (!nodes_.is_hashable(id))
    corrupt(opcode_name() + " has " + nodes_.describe(id) + " as a key or member, which has no hash");
}

void Machine::add(NodeId target, Change change, Ids items) {
  if (change == Change::set && items.size() % 2 != 0) corrupt(opcode_name() + " has a key without a value");
  if (!accepts(target, change)) corrupt(opcode_name() + " on " + nodes_.describe(target));
  const std::size_t step = change == Change::set ? 2 : 1;
  if (change != Change::append) {
    for (std::size_t i = 0; i < items.size(); i += step) require_hashable(items[i]);
  }
  if (handler_ != nullptr && handler_->take_items(nodes_, target, change, items, offset_in_path())) {
    std::for_each(items.begin(), items.end(), [this](NodeId id) { nodes_.release(id); });
    return;
  }
  // The handler may have made a record of it.
  if (nodes_.kind(target) == Kind::record) corrupt(opcode_name() + " on " + nodes_.describe(target));
  change == Change::set ? nodes_.set(target, items) : nodes_.append(target, items);
}

}  // namespace aerotool::pickle
