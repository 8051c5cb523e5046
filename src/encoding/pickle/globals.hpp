// The globals that a pickle names, and what it does with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace aerotool::pickle {

struct Global {
  std::string module;
  std::string name;          ///< may hold dots: an attribute of an attribute
  std::uint64_t offset = 0;  ///< where it was met first, in the path that the source names

  bool called = false;        ///< by REDUCE (or INST, which is not read)
  bool instantiated = false;  ///< by NEWOBJ or NEWOBJ_EX
  bool built = false;         ///< what was made of it got a state by BUILD
  /// Met only where nothing was read: behind an error, or behind STOP.
  bool unread = false;

  /// "os.system"
  std::string full_name() const { return module + '.' + name; }
};

class Globals {
 public:
  /// The index of a global that is met; nothing where kMaxGlobals have been met and this is another one.
  std::optional<std::size_t> meet(std::string_view module, std::string_view name, std::uint64_t offset);

  const std::vector<Global>& list() const { return list_; }
  Global& operator[](std::size_t index) { return list_[index]; }
  const Global& operator[](std::size_t index) const { return list_[index]; }

 private:
  std::vector<Global> list_;
  std::unordered_map<std::string, std::size_t> indexes_;  // by module, newline, name
};

/// Whether a module or name, dots left out, is made of ASCII identifiers (or is `<locals>` and the like);
/// what is not ASCII counts as a letter.
bool is_plain_name(std::string_view name);

}  // namespace aerotool::pickle
