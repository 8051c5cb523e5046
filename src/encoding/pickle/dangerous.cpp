#include "encoding/pickle/dangerous.hpp"

#include <algorithm>
#include <array>

#include "encoding/pickle/python_names.hpp"

namespace aerotool::pickle {
namespace {

#define AEROTOOL_DANGEROUS_MODULE(module) Danger{module, ""},
#define AEROTOOL_DANGEROUS_NAME(module, name) Danger{module, name},
#define AEROTOOL_DANGEROUS_ATTRIBUTE(name) Danger{"", name},
constexpr std::array kDangers{
#include "encoding/pickle/dangerous_globals.inc"
};
#undef AEROTOOL_DANGEROUS_MODULE
#undef AEROTOOL_DANGEROUS_NAME
#undef AEROTOOL_DANGEROUS_ATTRIBUTE

// Modules whose name alone, as what another module has imported, can be nothing else.
constexpr std::array<std::string_view, 12> kUnmistakable{"builtins", "ctypes", "importlib", "nt",
                                                         "os",       "pickle", "posix",     "pty",
                                                         "runpy",    "socket", "shutil",    "subprocess"};

/// Whether a dotted path is `whole` or goes on behind it.
bool is_within(std::string_view path, std::string_view whole) {
  return path.starts_with(whole) && (path.size() == whole.size() || path[whole.size()] == '.');
}

bool is_listed(std::string_view module, std::string_view name) {
  return std::any_of(kDangers.begin(), kDangers.end(), [&](const Danger& danger) {
    if (danger.module.empty()) return is_within(name, danger.name);
    return danger.name.empty() ? is_within(module, danger.module)
                               : module == danger.module && is_within(name, danger.name);
  });
}

/// Whether a path of attributes leads into a module of the list, or to a name in one.
bool reaches_danger(std::string_view path) {
  if (std::find(kUnmistakable.begin(), kUnmistakable.end(), path) != kUnmistakable.end()) return true;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    if (is_listed(path.substr(0, dot), path.substr(dot + 1))) return true;
  }
  return false;
}

}  // namespace

bool is_dangerous(std::string_view module, std::string_view name) {
  const Name modern = modern_name(module, name);
  if (is_listed(modern.module, modern.name)) return true;
  for (std::string_view rest = modern.name;;) {
    if (is_listed("", rest) || reaches_danger(rest)) return true;
    const std::size_t dot = rest.find('.');
    if (dot == std::string_view::npos) return false;
    rest.remove_prefix(dot + 1);
  }
}

std::span<const Danger> dangers() {
  return kDangers;
}

}  // namespace aerotool::pickle
