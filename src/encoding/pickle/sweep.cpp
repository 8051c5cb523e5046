#include "encoding/pickle/sweep.hpp"

#include <algorithm>
#include <string_view>

#include "encoding/pickle/instructions.hpp"

namespace aerotool::pickle {
namespace {

class Sweep {
 public:
  Sweep(const Source& source, Globals& globals) : source_(source), globals_(globals) {}

  void look_at(const Instruction& now) {
    switch (now.opcode) {
      case Opcode::global:
      case Opcode::inst:
        return meet(now.text, now.second, now);
      case Opcode::stack_global:
        if (texts_ == 2) meet(before_, last_, now);
        texts_ = 0;
        return;
      case Opcode::short_binunicode:
      case Opcode::binunicode:
      case Opcode::binunicode8:
      case Opcode::unicode:
      case Opcode::short_binstring:
      case Opcode::binstring:
        before_ = last_;
        last_ = now.text;
        texts_ = std::min(texts_ + 1, 2);
        return;
      case Opcode::memoize:
      case Opcode::put:
      case Opcode::binput:
      case Opcode::long_binput:
      case Opcode::proto:
      case Opcode::frame:
        return;
      default:
        texts_ = 0;
    }
  }

 private:
  void meet(std::string_view module, std::string_view name, const Instruction& now) {
    if (module.size() > kMaxLine || name.size() > kMaxLine) return;
    const std::size_t known = globals_.list().size();
    const auto index = globals_.meet(module, name, source_.offset + now.offset);
    if (!index) return;
    if (globals_.list().size() > known) globals_[*index].unread = true;
    if (now.opcode == Opcode::inst) globals_[*index].called = true;
  }

  const Source& source_;
  Globals& globals_;
  // The texts just before, two at most.
  std::string_view before_;
  std::string_view last_;
  int texts_ = 0;
};

}  // namespace

void sweep(const Source& source, std::uint64_t begin, const Limits& limits, Globals& globals) {
  const std::uint64_t end = std::min<std::uint64_t>(source.bytes.size(), limits.bytes);
  if (begin >= end) return;
  Instructions instructions(source, begin, end, Opcodes::all);
  Sweep found(source, globals);
  try {
    for (std::uint64_t count = 0; count < limits.opcodes && !instructions.at_end(); ++count)
      found.look_at(instructions.next());
  } catch (const ContentError&) {
    // What follows is no pickle: there is nothing more to find.
    return;
  }
}

}  // namespace aerotool::pickle
