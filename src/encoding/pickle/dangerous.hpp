// Which globals are known for harm: dangerous_globals.inc. A name that is not there is no sign of good:
// whoever reads a pickle trusts the names that it knows, and this list only says what to call an attack.
#pragma once

#include <span>
#include <string_view>

#include "encoding/pickle/globals.hpp"

namespace aerotool::pickle {

/// Whether a global is on the list, under the names of Python 2 or 3: the module or one that it lies in, the
/// name or one that it is an attribute of. Where a name has dots, also what it reaches through another module
/// (`torch.serialization`, `os.system`).
bool is_dangerous(std::string_view module, std::string_view name);
inline bool is_dangerous(const Global& global) {
  return is_dangerous(global.module, global.name);
}

/// A line of the list.
struct Danger {
  std::string_view module;  ///< empty: an attribute of whatever
  std::string_view name;    ///< empty: all in the module
};

/// The list, in its order.
std::span<const Danger> dangers();

}  // namespace aerotool::pickle
