// Every opcode of protocols 0 to 5, by its code in Python's Lib/pickletools.py: what follows it, and whether
// it is read. src/encoding/pickle/FORMAT.md, "Opcodes".
#pragma once

#include <cstdint>
#include <string_view>

namespace aerotool::pickle {

enum class Opcode : std::uint8_t {
  mark = '(',
  stop = '.',
  pop = '0',
  pop_mark = '1',
  dup = '2',
  floating = 'F',
  integer = 'I',
  binint = 'J',
  binint1 = 'K',
  long_integer = 'L',
  binint2 = 'M',
  none = 'N',
  persid = 'P',
  binpersid = 'Q',
  reduce = 'R',
  string = 'S',
  binstring = 'T',
  short_binstring = 'U',
  unicode = 'V',
  binunicode = 'X',
  append = 'a',
  build = 'b',
  global = 'c',
  dict = 'd',
  empty_dict = '}',
  appends = 'e',
  get = 'g',
  binget = 'h',
  inst = 'i',
  long_binget = 'j',
  list = 'l',
  empty_list = ']',
  obj = 'o',
  put = 'p',
  binput = 'q',
  long_binput = 'r',
  setitem = 's',
  tuple = 't',
  empty_tuple = ')',
  setitems = 'u',
  binfloat = 'G',
  binbytes = 'B',
  short_binbytes = 'C',
  proto = 0x80,
  newobj = 0x81,
  ext1 = 0x82,
  ext2 = 0x83,
  ext4 = 0x84,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  newtrue = 0x88,
  newfalse = 0x89,
  long1 = 0x8a,
  long4 = 0x8b,
  short_binunicode = 0x8c,
  binunicode8 = 0x8d,
  binbytes8 = 0x8e,
  empty_set = 0x8f,
  additems = 0x90,
  frozenset = 0x91,
  newobj_ex = 0x92,
  stack_global = 0x93,
  memoize = 0x94,
  frame = 0x95,
  bytearray8 = 0x96,
  next_buffer = 0x97,
  readonly_buffer = 0x98,
};

/// What follows an opcode. Numbers are little-endian but for the float.
enum class Argument : std::uint8_t {
  none,
  u8,
  u16,
  i32,
  u32,
  u64,
  big_endian_f64,
  line,        ///< up to a newline, no longer than kMaxLine
  text_line,   ///< up to a newline
  two_lines,   ///< module and name
  u8_counted,  ///< a length and as many bytes
  u32_counted,
  i32_counted,
  u64_counted,
  u8_long,  ///< the same, no longer than kMaxLong
  i32_long,
};

struct OpcodeFacts {
  Opcode opcode;
  std::string_view name;
  Argument argument;
  bool is_read = true;
};

/// Null where no opcode has this code.
const OpcodeFacts* facts_of(std::uint8_t code);

std::string_view name_of(Opcode opcode);

}  // namespace aerotool::pickle
