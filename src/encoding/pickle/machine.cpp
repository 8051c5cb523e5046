#include "encoding/pickle/machine.hpp"

#include "core/text.hpp"
#include "encoding/pickle/memo_index.hpp"
#include "io/interrupt.hpp"

namespace aerotool::pickle {

Machine::Machine(const Source& source, const Outline& outline, NodeStore& nodes, Handler* handler,
                 Oddities& oddities)
    : source_(source),
      outline_(outline),
      nodes_(nodes),
      handler_(handler),
      oddities_(oddities),
      memo_(outline.fetched) {}

NodeId Machine::run() {
  try {
    nodes_.charge(memo_.memory());
    Instructions instructions(source_, 0, outline_.end);
    for (std::uint64_t count = 0; !instructions.at_end(); ++count) {
      if (count % kOpcodesInterrupted == 0) io::check_interrupt();
      now_ = instructions.next();
      if (now_.opcode == Opcode::stop) return stop();
      execute(now_);
    }
  } catch (const MemorySpent&) {
    unsupported("what the pickle describes takes more than " + human_size(nodes_.most()) + " of memory");
  }
  now_.offset = outline_.end;
  std::rethrow_exception(outline_.broken);
}

void Machine::corrupt(const std::string& message) const {
  throw CorruptError(source_.where(now_.offset), message);
}

void Machine::unsupported(const std::string& message) const {
  throw UnsupportedError(source_.where(now_.offset), message);
}

void Machine::execute(const Instruction& now) {
  switch (now.opcode) {
    case Opcode::mark:
      nodes_.make_room(marks_, 1);
      return marks_.push_back(stack_.size());
    case Opcode::pop:
      return pop();
    case Opcode::pop_mark:
      return pop_mark();
    case Opcode::dup:
      nodes_.retain(peek());
      return push(peek());
    case Opcode::empty_tuple:
      return push(nodes_.make_empty_tuple());
    case Opcode::tuple1:
      return make_tuple(1);
    case Opcode::tuple2:
      return make_tuple(2);
    case Opcode::tuple3:
      return make_tuple(3);
    case Opcode::tuple:
      return make_from_mark(Kind::tuple);
    case Opcode::empty_list:
      return push(nodes_.make_sequence(Kind::list, {}));
    case Opcode::list:
      return make_from_mark(Kind::list);
    case Opcode::append:
      return add_one(Change::append);
    case Opcode::appends:
      return add_from_mark(Change::append);
    case Opcode::empty_dict:
      return push(nodes_.make_dict());
    case Opcode::dict:
      return make_dict_from_mark();
    case Opcode::setitem:
      return add_one(Change::set);
    case Opcode::setitems:
      return add_from_mark(Change::set);
    case Opcode::empty_set:
      return push(nodes_.make_sequence(Kind::set, {}));
    case Opcode::additems:
      return add_from_mark(Change::add);
    case Opcode::frozenset:
      return make_from_mark(Kind::frozen_set);
    case Opcode::global:
      return push_global(now.text, now.second);
    case Opcode::stack_global:
      return stack_global();
    case Opcode::reduce:
      return reduce();
    case Opcode::newobj:
      return instantiate(false);
    case Opcode::newobj_ex:
      return instantiate(true);
    case Opcode::build:
      return build();
    case Opcode::binpersid:
      return name_persistent();
    case Opcode::proto:
    case Opcode::frame:
      return;
    default:
      return execute_memo(now);
  }
}

void Machine::execute_memo(const Instruction& now) {
  switch (now.opcode) {
    case Opcode::memoize:
      return put(indexes_.memoize());
    case Opcode::put:
    case Opcode::binput:
    case Opcode::long_binput: {
      const std::uint64_t index = memo_index(source_, now);
      indexes_.put(index);
      return put(index);
    }
    case Opcode::get:
    case Opcode::binget:
    case Opcode::long_binget:
      return get(memo_index(source_, now));
    default:
      return execute_value(now);
  }
}

void Machine::pop() {
  // As Python has it: where a mark is on top, that goes.
  if (!marks_.empty() && stack_.size() == marks_.back()) return marks_.pop_back();
  const NodeId id = peek();
  drop(1);
  nodes_.release(id);
}

void Machine::pop_mark() {
  const std::size_t count = above_mark().size();
  for (std::size_t i = 0; i < count; ++i) pop();
  drop_mark();
}

void Machine::put(std::uint64_t index) {
  const NodeId id = peek();
  NodeId* entry = memo_.find(index);
  if (entry == nullptr) return;
  nodes_.retain(id);
  const NodeId before = *entry;
  *entry = id;
  nodes_.release(before);
}

void Machine::get(std::uint64_t index) {
  const NodeId* entry = memo_.find(index);
  if (entry == nullptr || *entry == kNoNode) corrupt("the memo has nothing at that index");
  nodes_.retain(*entry);
  push(*entry);
}

NodeId Machine::stop() {
  const NodeId root = peek();
  drop(1);
  if (!stack_.empty() || !marks_.empty()) {
    oddity(Trick::left_over, plural(stack_.size(), "value") + " and " + plural(marks_.size(), "mark") +
                                 " are left on the stack at STOP");
  }
  return root;
}

void Machine::push(NodeId id) {
  nodes_.make_room(stack_, 1);
  stack_.push_back(id);
}

NodeId Machine::peek(std::size_t from_top) const {
  if (stack_.size() - floor() <= from_top)
    corrupt(opcode_name() + " needs more values than are on the stack");
  return stack_[stack_.size() - 1 - from_top];
}

Machine::Ids Machine::last(std::size_t count) const {
  if (stack_.size() - floor() < count) corrupt(opcode_name() + " needs more values than are on the stack");
  return Ids(stack_).last(count);
}

Machine::Ids Machine::above_mark() const {
  if (marks_.empty()) corrupt(opcode_name() + " without a MARK before it");
  return Ids(stack_).subspan(marks_.back());
}

void Machine::drop_mark() {
  marks_.pop_back();
}

}  // namespace aerotool::pickle
