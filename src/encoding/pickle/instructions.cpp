#include "encoding/pickle/instructions.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "core/text.hpp"
#include "encoding/pickle/limits.hpp"

namespace aerotool::pickle {
namespace {

std::uint64_t sign_extended(std::uint32_t bits) {
  return static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(bits)});
}

std::uint64_t byte_swapped(std::uint64_t value) {
  std::uint64_t swapped = 0;
  for (int i = 0; i < 8; ++i, value >>= 8) swapped = swapped << 8 | (value & 0xff);
  return swapped;
}

}  // namespace

void Instructions::corrupt(const std::string& message, Code code) const {
  throw CorruptError(source_.where(begin_), message, code);
}

void Instructions::unsupported(const std::string& message) const {
  throw UnsupportedError(source_.where(begin_), message);
}

Instruction Instructions::next() {
  begin_ = at_;
  if (at_end()) corrupt("the pickle ends before STOP", Code::short_file);
  const auto code = std::to_integer<std::uint8_t>(bytes_[at_]);
  const OpcodeFacts* facts = facts_of(code);
  if (facts == nullptr) corrupt("0x" + to_hex(bytes_.subspan(at_, 1)) + " is no opcode of a pickle");
  if (!facts->is_read && which_ == Opcodes::read)
    unsupported("the pickle's opcode " + std::string(facts->name) + " is not read");
  ++at_;
  Instruction instruction{.opcode = facts->opcode, .offset = begin_, .number = 0, .text = {}, .second = {}};
  if (facts->argument != Argument::none) take_argument(instruction, *facts);
  return instruction;
}

void Instructions::take_argument(Instruction& instruction, const OpcodeFacts& facts) {
  switch (facts.argument) {
    case Argument::none:
      return;
    case Argument::u8:
      instruction.number = take_number<std::uint8_t>(facts);
      return;
    case Argument::u16:
      instruction.number = take_number<std::uint16_t>(facts);
      return;
    case Argument::i32:
      instruction.number = sign_extended(take_number<std::uint32_t>(facts));
      return;
    case Argument::u32:
      instruction.number = take_number<std::uint32_t>(facts);
      return;
    case Argument::u64:
      instruction.number = take_number<std::uint64_t>(facts);
      return;
    case Argument::big_endian_f64:
      instruction.number = byte_swapped(take_number<std::uint64_t>(facts));
      return;
    case Argument::line:
      instruction.text = take_line(facts, kMaxLine);
      return;
    case Argument::text_line:
      instruction.text = take_line(facts, left());
      return;
    case Argument::two_lines:
      instruction.text = take_line(facts, kMaxLine);
      instruction.second = take_line(facts, kMaxLine);
      return;
    case Argument::u8_counted:
      instruction.text = take_counted(take_number<std::uint8_t>(facts), facts);
      return;
    case Argument::u32_counted:
      instruction.text = take_counted(take_number<std::uint32_t>(facts), facts);
      return;
    case Argument::i32_counted:
      instruction.text = take_signed_count(facts);
      return;
    case Argument::u64_counted:
      instruction.text = take_counted(take_number<std::uint64_t>(facts), facts);
      return;
    case Argument::u8_long:
      instruction.text = take_counted(take_number<std::uint8_t>(facts), facts);
      return;
    case Argument::i32_long:
      instruction.text = take_long(take_signed_count(facts), facts);
      return;
  }
}

template <typename T>
T Instructions::take_number(const OpcodeFacts& facts) {
  if (left() < sizeof(T)) corrupt("the pickle ends inside " + std::string(facts.name), Code::short_file);
  const T value = load_le<T>(bytes_, at_);
  at_ += sizeof(T);
  return value;
}

std::string_view Instructions::take_counted(std::uint64_t length, const OpcodeFacts& facts) {
  if (length > left()) {
    corrupt(
        std::string(facts.name) + " of " + std::to_string(length) + " bytes does not fit in the bytes left",
        Code::short_file);
  }
  const std::string_view taken = chars_of(bytes_.subspan(at_, length));
  at_ += length;
  return taken;
}

std::string_view Instructions::take_signed_count(const OpcodeFacts& facts) {
  const std::uint64_t length = sign_extended(take_number<std::uint32_t>(facts));
  if (static_cast<std::int64_t>(length) < 0) corrupt(std::string(facts.name) + " has a negative length");
  return take_counted(length, facts);
}

std::string_view Instructions::take_long(std::string_view bytes, const OpcodeFacts& facts) const {
  if (bytes.size() > kMaxLong) {
    unsupported(std::string(facts.name) + " of " + std::to_string(bytes.size()) + " bytes: more than " +
                std::to_string(kMaxLong) + " are not read");
  }
  return bytes;
}

std::string_view Instructions::take_line(const OpcodeFacts& facts, std::uint64_t most) {
  const std::string_view rest = chars_of(bytes_.subspan(at_));
  // The newline is not counted.
  const std::size_t length = rest.substr(0, most == rest.size() ? most : most + 1).find('\n');
  if (length == std::string_view::npos) {
    if (rest.size() > most)
      corrupt(std::string(facts.name) + " has a line of more than " + std::to_string(most) + " bytes");
    corrupt("the pickle ends inside " + std::string(facts.name), Code::short_file);
  }
  at_ += length + 1;
  return rest.substr(0, length);
}

}  // namespace aerotool::pickle
