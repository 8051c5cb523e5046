// The second of two passes over a pickle: the stack machine that its opcodes are written for, which here
// makes nodes and calls nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/pickle/handler.hpp"
#include "encoding/pickle/instructions.hpp"
#include "encoding/pickle/memo.hpp"
#include "encoding/pickle/node_store.hpp"
#include "encoding/pickle/oddity.hpp"
#include "encoding/pickle/outline.hpp"

namespace aerotool::pickle {

class Machine {
 public:
  /// All of them outlive the machine. Without a handler (null) everything becomes nodes.
  Machine(const Source& source, const Outline& outline, NodeStore& nodes, Handler* handler,
          Oddities& oddities);

  /// The node that STOP leaves. Throws what is wrong, also what broke off the outline.
  NodeId run();

  /// Where the opcode stands that was run last, in the source's bytes.
  std::uint64_t offset() const { return now_.offset; }

 private:
  using Ids = std::span<const NodeId>;

  void execute(const Instruction& now);
  void execute_memo(const Instruction& now);
  void execute_value(const Instruction& now);

  // What opcodes do: machine.cpp, machine_values.cpp, machine_calls.cpp, machine_containers.cpp.
  void pop();
  void pop_mark();
  void put(std::uint64_t index);
  void get(std::uint64_t index);
  NodeId stop();

  void push_decimal(std::string_view line, bool may_be_long);
  void push_float(std::string_view line);
  void push_long(std::string_view bytes);
  void push_text(std::string_view text);
  void push_python2_text(std::string_view text);
  void push_string_line(std::string_view line);
  void push_unicode_line(std::string_view line);

  void push_global(std::string_view module, std::string_view name);
  void stack_global();
  void reduce();
  void instantiate(bool has_names);
  void build();
  void name_persistent();
  void require_callable(NodeId target);

  void make_tuple(std::size_t count);
  void make_from_mark(Kind kind);
  void make_dict_from_mark();
  void add_from_mark(Change change);
  void add_one(Change change);
  void add(NodeId target, Change change, Ids items);
  void require_hashable(NodeId id) const;
  bool accepts(NodeId target, Change change) const;

  // The stack. What is below the last mark cannot be popped.
  void push(NodeId id);
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  NodeId peek(std::size_t from_top = 0) const;
  /// The last values, which stay where they are; drop() takes them off without letting go of them.
  Ids last(std::size_t count) const;
  Ids above_mark() const;
  void drop(std::size_t count) { stack_.resize(stack_.size() - count); }
  void drop_mark();

  [[noreturn]] void corrupt(const std::string& message) const;
  [[noreturn]] void unsupported(const std::string& message) const;
  std::string opcode_name() const { return std::string(name_of(now_.opcode)); }
  std::uint64_t offset_in_path() const { return source_.offset + now_.offset; }
  void oddity(Trick trick, std::string message) {
    oddities_.add(trick, offset_in_path(), std::move(message));
  }

  const Source& source_;
  const Outline& outline_;
  NodeStore& nodes_;
  Handler* handler_;
  Oddities& oddities_;
  Instruction now_;
  std::vector<NodeId> stack_;
  std::vector<std::size_t> marks_;  // how high the stack was at each
  MemoIndexes indexes_;
  Memo memo_;
};

}  // namespace aerotool::pickle
