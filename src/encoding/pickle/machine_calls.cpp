#include "core/text.hpp"
#include "encoding/pickle/literals.hpp"
#include "encoding/pickle/machine.hpp"

namespace aerotool::pickle {

void Machine::push_global(std::string_view module, std::string_view name) {
  if (!is_text(module) || !is_text(name)) corrupt(opcode_name() + " has a name that is not UTF-8");
  const std::size_t known = nodes_.globals().list().size();
  const auto id = nodes_.make_global(module, name, offset_in_path());
  if (!id) unsupported("the pickle names more than " + with_thousands(kMaxGlobals) + " different globals");
  if (nodes_.globals().list().size() > known && !(is_plain_name(module) && is_plain_name(name)))
    oddity(Trick::global_name, "the global " + nodes_.describe(*id) + " has a name that is no identifier");
  push(*id);
}

void Machine::stack_global() {
  const Ids names = last(2);
  for (const NodeId id : names) {
    if (nodes_.kind(id) != Kind::text) corrupt("STACK_GLOBAL names " + nodes_.describe(id) + ", not a str");
    if (nodes_.text(id).size() > kMaxLine)
      corrupt("STACK_GLOBAL has a name of more than " + std::to_string(kMaxLine) + " bytes");
  }
  const NodeId module = names[0];
  const NodeId name = names[1];
  drop(2);
  push_global(nodes_.text(module), nodes_.text(name));
  nodes_.release(module);
  nodes_.release(name);
}

void Machine::require_callable(NodeId target) {
  switch (nodes_.kind(target)) {
    case Kind::global:
      return;
    case Kind::call:
    case Kind::object:
    case Kind::persistent:
    case Kind::record:
      return oddity(Trick::call,
                    opcode_name() + " of " + nodes_.describe(target) + ", which is not named by a global");
    default:
      corrupt(opcode_name() + " of " + nodes_.describe(target) + ", which cannot be called");
  }
}

void Machine::reduce() {
  const Ids both = last(2);
  const NodeId target = both[0];
  const NodeId arguments = both[1];
  if (nodes_.kind(target) == Kind::global) nodes_.global_of(target).called = true;
  if (nodes_.kind(arguments) != Kind::tuple)
    corrupt("REDUCE has " + nodes_.describe(arguments) + " as arguments, not a tuple");
  require_callable(target);
  const NodeId call = nodes_.make_call(target, arguments);
  drop(2);
  push(call);
  if (handler_ != nullptr) handler_->called(nodes_, call, offset_in_path());
}

void Machine::instantiate(bool has_names) {
  const std::size_t count = has_names ? 3 : 2;
  const Ids all = last(count);
  const NodeId target = all[0];
  const NodeId arguments = all[1];
  const NodeId names = has_names ? all[2] : kNoNode;
  if (nodes_.kind(target) == Kind::global) nodes_.global_of(target).instantiated = true;
  if (nodes_.kind(arguments) != Kind::tuple)
    corrupt(opcode_name() + " has " + nodes_.describe(arguments) + " as arguments, not a tuple");
  if (has_names && nodes_.kind(names) != Kind::dict)
    corrupt("NEWOBJ_EX has " + nodes_.describe(names) + " as named arguments, not a dict");
  require_callable(target);
  const NodeId object = nodes_.make_object(target, arguments, names);
  drop(count);
  push(object);
  if (handler_ != nullptr) handler_->instantiated(nodes_, object, offset_in_path());
}

void Machine::build() {
  const Ids both = last(2);
  const NodeId node = both[0];
  const NodeId state = both[1];
  const Kind kind = nodes_.kind(node);
  if (kind == Kind::record) {
    if (handler_ == nullptr || !handler_->take_state(nodes_, node, state, offset_in_path()))
      corrupt("BUILD gives a state to " + nodes_.describe(node));
    drop(1);
    return nodes_.release(state);
  }
  if (kind != Kind::call && kind != Kind::object)
    corrupt("BUILD gives a state to " + nodes_.describe(node) + ", not to an object");
  const NodeId target = nodes_.target(node);
  if (nodes_.kind(target) == Kind::global) nodes_.global_of(target).built = true;
  if (nodes_.state(node) != kNoNode) corrupt("BUILD gives a second state to " + nodes_.describe(node));
  nodes_.set_state(node, state);
  drop(1);
  if (handler_ != nullptr) handler_->built(nodes_, node, offset_in_path());
}

void Machine::name_persistent() {
  const NodeId value = peek();
  const NodeId persistent = nodes_.make_persistent(value);
  drop(1);
  push(persistent);
  if (handler_ != nullptr) handler_->named(nodes_, persistent, offset_in_path());
}

}  // namespace aerotool::pickle
