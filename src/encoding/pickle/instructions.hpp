// The bytes of a pickle as opcodes with their arguments. What an opcode does is not known here.
#pragma once

#include <cstdint>
#include <string_view>

#include "encoding/pickle/opcodes.hpp"
#include "encoding/pickle/source.hpp"

namespace aerotool::pickle {

struct Instruction {
  Opcode opcode = Opcode::stop;
  std::uint64_t offset = 0;
  /// Of a number its bits; signed ones sign-extended.
  std::uint64_t number = 0;
  /// Counted bytes, or a line without its newline; of two lines the first.
  std::string_view text;
  std::string_view second;
};

/// Which opcodes of the closed list are let through: a sweep for names looks at those, too, that are not
/// read.
enum class Opcodes : bool { read, all };

class Instructions {
 public:
  /// Those of source.bytes[begin, end).
  Instructions(const Source& source, std::uint64_t begin, std::uint64_t end, Opcodes which = Opcodes::read)
      : source_(source), bytes_(source.bytes.view.first(end)), at_(begin), which_(which) {}

  bool at_end() const { return at_ == bytes_.size(); }
  /// Where the next one begins.
  std::uint64_t offset() const { return at_; }

  /// Throws CorruptError where the bytes are no whole instruction, UnsupportedError where it is one that is
  /// not read.
  Instruction next();

 private:
  std::uint64_t left() const { return bytes_.size() - at_; }
  void take_argument(Instruction& instruction, const OpcodeFacts& facts);
  template <typename T>
  T take_number(const OpcodeFacts& facts);
  std::string_view take_counted(std::uint64_t length, const OpcodeFacts& facts);
  std::string_view take_signed_count(const OpcodeFacts& facts);
  std::string_view take_long(std::string_view bytes, const OpcodeFacts& facts) const;
  std::string_view take_line(const OpcodeFacts& facts, std::uint64_t most);
  [[noreturn]] void corrupt(const std::string& message, Code code = Code::malformed) const;
  [[noreturn]] void unsupported(const std::string& message) const;

  const Source& source_;
  ByteSpan bytes_;
  std::uint64_t at_;
  std::uint64_t begin_ = 0;  // of the instruction that is being read
  Opcodes which_;
};

}  // namespace aerotool::pickle
