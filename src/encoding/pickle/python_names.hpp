// What Python's own names mean in a pickle of any protocol, and the bytes that protocol 2 can only write as a
// call.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "encoding/pickle/nodes.hpp"

namespace aerotool::pickle {

struct Name {
  std::string_view module;
  std::string_view name;
  bool operator==(const Name&) const = default;
};

/// A global by the name that Python 3 has for it: `__builtin__.unicode` is `builtins.str`, `copy_reg` is
/// `copyreg`. Those are meant that Python's pickle module writes or that are known for harm. The views are
/// the argument's, or literals.
Name modern_name(std::string_view module, std::string_view name);
inline Name modern_name(const Global& global) {
  return modern_name(global.module, global.name);
}

/// Whether a node is this global, by its name in Python 3.
bool is_global(const Nodes& nodes, NodeId id, std::string_view module, std::string_view name);

/// The value of bytes, a byte array, a text of Python 2, or one of the calls that are written for bytes where
/// a protocol has none: `_codecs.encode(text, 'latin1')`, `builtins.bytes()`, `builtins.bytearray(text,
/// 'latin-1')` and `builtins.bytearray(bytes)`. Nothing for any other node.
std::optional<std::string> bytes_value(const Nodes& nodes, NodeId id);

}  // namespace aerotool::pickle
