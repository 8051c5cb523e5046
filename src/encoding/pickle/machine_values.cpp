#include <algorithm>
#include <bit>

#include "core/text.hpp"
#include "encoding/pickle/literals.hpp"
#include "encoding/pickle/machine.hpp"

namespace aerotool::pickle {

void Machine::execute_value(const Instruction& now) {
  switch (now.opcode) {
    case Opcode::none:
      return push(nodes_.make_none());
    case Opcode::newtrue:
      return push(nodes_.make_boolean(true));
    case Opcode::newfalse:
      return push(nodes_.make_boolean(false));
    case Opcode::binint:
    case Opcode::binint1:
    case Opcode::binint2:
      return push(nodes_.make_integer(static_cast<std::int64_t>(now.number)));
    case Opcode::integer:
      return push_decimal(now.text, false);
    case Opcode::long_integer:
      return push_decimal(now.text, true);
    case Opcode::long1:
    case Opcode::long4:
      return push_long(now.text);
    case Opcode::binfloat:
      return push(nodes_.make_floating(std::bit_cast<double>(now.number)));
    case Opcode::floating:
      return push_float(now.text);
    case Opcode::short_binunicode:
    case Opcode::binunicode:
    case Opcode::binunicode8:
      return push_text(now.text);
    case Opcode::short_binstring:
    case Opcode::binstring:
      return push_python2_text(now.text);
    case Opcode::string:
      return push_string_line(now.text);
    case Opcode::unicode:
      return push_unicode_line(now.text);
    case Opcode::short_binbytes:
    case Opcode::binbytes:
    case Opcode::binbytes8:
      return push(nodes_.make_view(Kind::bytes, now.text));
    case Opcode::bytearray8:
      return push(nodes_.make_view(Kind::byte_array, now.text));
    default:
      // The instructions let no other opcode through.
      unsupported("the pickle's opcode " + opcode_name() + " is not read");
  }
}

void Machine::push_decimal(std::string_view line, bool may_be_long) {
  if (!may_be_long && (line == "00" || line == "01")) return push(nodes_.make_boolean(line == "01"));
  if (may_be_long && line.ends_with('L')) line.remove_suffix(1);
  auto value = decimal(line);
  if (!value) corrupt(opcode_name() + " has a line that is no integer in decimal");
  if (const auto* small = std::get_if<std::int64_t>(&*value)) return push(nodes_.make_integer(*small));
  push(nodes_.make_owned(Kind::long_integer, std::move(std::get<std::string>(*value))));
}

void Machine::push_float(std::string_view line) {
  const auto value = decimal_float(line);
  if (!value) corrupt(opcode_name() + " has a line that is no float in decimal");
  push(nodes_.make_floating(*value));
}

void Machine::push_long(std::string_view bytes) {
  if (const auto value = short_integer(bytes)) return push(nodes_.make_integer(*value));
  push(nodes_.make_view(Kind::long_integer, shortest_integer(bytes)));
}

void Machine::push_text(std::string_view text) {
  if (!is_text(text)) corrupt(opcode_name() + " has text that is not UTF-8");
  push(nodes_.make_view(Kind::text, text));
}

void Machine::push_python2_text(std::string_view text) {
  push(nodes_.make_view(Kind::text, text, true));
}

void Machine::push_string_line(std::string_view line) {
  const auto text = unquoted(line);
  if (!text) corrupt(opcode_name() + " has a line without its quotes");
  if (text->find('\\') == std::string_view::npos) return push_python2_text(*text);
  auto meant = unescaped_string(*text);
  if (!meant) corrupt(opcode_name() + " has an escape that says nothing");
  push(nodes_.make_owned(Kind::text, std::move(*meant), true));
}

void Machine::push_unicode_line(std::string_view line) {
  const auto plain = [](char c) { return c != '\\' && static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(line.begin(), line.end(), plain)) return push(nodes_.make_view(Kind::text, line));
  auto meant = unescaped_unicode(line);
  if (!meant) corrupt(opcode_name() + " has an escape that says nothing");
  push(nodes_.make_owned(Kind::text, std::move(*meant)));
}

}  // namespace aerotool::pickle
