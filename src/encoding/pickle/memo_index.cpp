#include "encoding/pickle/memo_index.hpp"

#include <string>

#include "encoding/pickle/literals.hpp"

namespace aerotool::pickle {

std::uint64_t memo_index(const Source& source, const Instruction& instruction) {
  if (instruction.opcode != Opcode::put && instruction.opcode != Opcode::get) return instruction.number;
  const auto value = decimal(instruction.text);
  const std::int64_t* index = value ? std::get_if<std::int64_t>(&*value) : nullptr;
  if (index == nullptr || *index < 0) {
    throw CorruptError(source.where(instruction.offset),
                       std::string(name_of(instruction.opcode)) + " names no index of the memo");
  }
  return static_cast<std::uint64_t>(*index);
}

}  // namespace aerotool::pickle
