// An option of the command line, as plain data: help, completion and the parser are all made from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aerotool {

/// Its texts live as long as the program.
struct Option {
  enum class Argument { none, required, optional };

  std::string_view name;  ///< without the dashes; the man page's paragraph has the same
  char letter = 0;        ///< the short form; 0 for none
  Argument argument = Argument::none;
  std::string_view placeholder;  ///< "BYTES"
  std::string_view help;
  std::vector<std::string_view> choices;  ///< the only values it takes, where that is a short list
  std::string_view fallback{};            ///< the value of an optional argument that is left out

  std::string long_form() const { return "--" + std::string(name); }  ///< "--page-hash"
};

}  // namespace aerotool
