// An option of the command line, as plain data: help, completion and the parser are all made from it.
#pragma once

#include <string>
#include <vector>

namespace aerotool {

struct Option {
  enum class Argument { none, required, optional };

  std::string name;  ///< without the dashes
  char letter = 0;   ///< the short form; 0 for none
  Argument argument = Argument::none;
  std::string placeholder;  ///< "BYTES"
  std::string help;
  std::vector<std::string> choices;  ///< the only values it takes, where that is a short list
  std::string fallback{};            ///< the value of an optional argument that is left out
};

}  // namespace aerotool
