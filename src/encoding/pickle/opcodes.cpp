#include "encoding/pickle/opcodes.hpp"

#include <array>
#include <cstddef>

namespace aerotool::pickle {
namespace {

constexpr bool kRefused = false;

constexpr std::array kOpcodes{
    OpcodeFacts{Opcode::mark, "MARK", Argument::none},
    OpcodeFacts{Opcode::stop, "STOP", Argument::none},
    OpcodeFacts{Opcode::pop, "POP", Argument::none},
    OpcodeFacts{Opcode::pop_mark, "POP_MARK", Argument::none},
    OpcodeFacts{Opcode::dup, "DUP", Argument::none},
    OpcodeFacts{Opcode::floating, "FLOAT", Argument::line},
    OpcodeFacts{Opcode::integer, "INT", Argument::line},
    OpcodeFacts{Opcode::binint, "BININT", Argument::i32},
    OpcodeFacts{Opcode::binint1, "BININT1", Argument::u8},
    OpcodeFacts{Opcode::long_integer, "LONG", Argument::line},
    OpcodeFacts{Opcode::binint2, "BININT2", Argument::u16},
    OpcodeFacts{Opcode::none, "NONE", Argument::none},
    OpcodeFacts{Opcode::persid, "PERSID", Argument::text_line, kRefused},
    OpcodeFacts{Opcode::binpersid, "BINPERSID", Argument::none},
    OpcodeFacts{Opcode::reduce, "REDUCE", Argument::none},
    OpcodeFacts{Opcode::string, "STRING", Argument::text_line},
    OpcodeFacts{Opcode::binstring, "BINSTRING", Argument::i32_counted},
    OpcodeFacts{Opcode::short_binstring, "SHORT_BINSTRING", Argument::u8_counted},
    OpcodeFacts{Opcode::unicode, "UNICODE", Argument::text_line},
    OpcodeFacts{Opcode::binunicode, "BINUNICODE", Argument::u32_counted},
    OpcodeFacts{Opcode::append, "APPEND", Argument::none},
    OpcodeFacts{Opcode::build, "BUILD", Argument::none},
    OpcodeFacts{Opcode::global, "GLOBAL", Argument::two_lines},
    OpcodeFacts{Opcode::dict, "DICT", Argument::none},
    OpcodeFacts{Opcode::empty_dict, "EMPTY_DICT", Argument::none},
    OpcodeFacts{Opcode::appends, "APPENDS", Argument::none},
    OpcodeFacts{Opcode::get, "GET", Argument::line},
    OpcodeFacts{Opcode::binget, "BINGET", Argument::u8},
    OpcodeFacts{Opcode::inst, "INST", Argument::two_lines, kRefused},
    OpcodeFacts{Opcode::long_binget, "LONG_BINGET", Argument::u32},
    OpcodeFacts{Opcode::list, "LIST", Argument::none},
    OpcodeFacts{Opcode::empty_list, "EMPTY_LIST", Argument::none},
    OpcodeFacts{Opcode::obj, "OBJ", Argument::none, kRefused},
    OpcodeFacts{Opcode::put, "PUT", Argument::line},
    OpcodeFacts{Opcode::binput, "BINPUT", Argument::u8},
    OpcodeFacts{Opcode::long_binput, "LONG_BINPUT", Argument::u32},
    OpcodeFacts{Opcode::setitem, "SETITEM", Argument::none},
    OpcodeFacts{Opcode::tuple, "TUPLE", Argument::none},
    OpcodeFacts{Opcode::empty_tuple, "EMPTY_TUPLE", Argument::none},
    OpcodeFacts{Opcode::setitems, "SETITEMS", Argument::none},
    OpcodeFacts{Opcode::binfloat, "BINFLOAT", Argument::big_endian_f64},
    OpcodeFacts{Opcode::binbytes, "BINBYTES", Argument::u32_counted},
    OpcodeFacts{Opcode::short_binbytes, "SHORT_BINBYTES", Argument::u8_counted},
    OpcodeFacts{Opcode::proto, "PROTO", Argument::u8},
    OpcodeFacts{Opcode::newobj, "NEWOBJ", Argument::none},
    OpcodeFacts{Opcode::ext1, "EXT1", Argument::u8, kRefused},
    OpcodeFacts{Opcode::ext2, "EXT2", Argument::u16, kRefused},
    OpcodeFacts{Opcode::ext4, "EXT4", Argument::i32, kRefused},
    OpcodeFacts{Opcode::tuple1, "TUPLE1", Argument::none},
    OpcodeFacts{Opcode::tuple2, "TUPLE2", Argument::none},
    OpcodeFacts{Opcode::tuple3, "TUPLE3", Argument::none},
    OpcodeFacts{Opcode::newtrue, "NEWTRUE", Argument::none},
    OpcodeFacts{Opcode::newfalse, "NEWFALSE", Argument::none},
    OpcodeFacts{Opcode::long1, "LONG1", Argument::u8_long},
    OpcodeFacts{Opcode::long4, "LONG4", Argument::i32_long},
    OpcodeFacts{Opcode::short_binunicode, "SHORT_BINUNICODE", Argument::u8_counted},
    OpcodeFacts{Opcode::binunicode8, "BINUNICODE8", Argument::u64_counted},
    OpcodeFacts{Opcode::binbytes8, "BINBYTES8", Argument::u64_counted},
    OpcodeFacts{Opcode::empty_set, "EMPTY_SET", Argument::none},
    OpcodeFacts{Opcode::additems, "ADDITEMS", Argument::none},
    OpcodeFacts{Opcode::frozenset, "FROZENSET", Argument::none},
    OpcodeFacts{Opcode::newobj_ex, "NEWOBJ_EX", Argument::none},
    OpcodeFacts{Opcode::stack_global, "STACK_GLOBAL", Argument::none},
    OpcodeFacts{Opcode::memoize, "MEMOIZE", Argument::none},
    OpcodeFacts{Opcode::frame, "FRAME", Argument::u64},
    OpcodeFacts{Opcode::bytearray8, "BYTEARRAY8", Argument::u64_counted},
    OpcodeFacts{Opcode::next_buffer, "NEXT_BUFFER", Argument::none, kRefused},
    OpcodeFacts{Opcode::readonly_buffer, "READONLY_BUFFER", Argument::none, kRefused},
};

constexpr std::uint8_t kNone = 0xff;

constexpr std::array<std::uint8_t, 256> positions() {
  std::array<std::uint8_t, 256> found{};
  for (auto& position : found) position = kNone;
  for (std::size_t i = 0; i < kOpcodes.size(); ++i)
    found[static_cast<std::size_t>(kOpcodes[i].opcode)] = static_cast<std::uint8_t>(i);
  return found;
}

constexpr std::array<std::uint8_t, 256> kPositions = positions();

}  // namespace

const OpcodeFacts* facts_of(std::uint8_t code) {
  const std::uint8_t position = kPositions[code];
  return position == kNone ? nullptr : &kOpcodes[position];
}

std::string_view name_of(Opcode opcode) {
  const OpcodeFacts* facts = facts_of(static_cast<std::uint8_t>(opcode));
  return facts == nullptr ? "no opcode" : facts->name;
}

}  // namespace aerotool::pickle
