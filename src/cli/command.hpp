// What a command is: a line in the table, the options it takes, and a function that runs it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/common_options.hpp"
#include "cli/settings.hpp"
#include "core/option.hpp"

namespace aerotool::cli {

/// A command line that is taken apart, and not yet in the command's own struct.
struct ParsedLine {
  CommonOptions common;
  bool help = false;
  std::map<std::string, Values, std::less<>> values;  ///< of the command's own options
};

struct Command {
  std::string_view name;
  std::string_view summary;          ///< one line
  std::string_view operands;         ///< "MODEL [PATTERN...]"
  std::vector<Option> (*options)();  ///< its own; the common ones come in addition
  int (*run)(const ParsedLine& line);
  /// Operands after the first are names of tensors in the model that the first names.
  bool takes_tensors = false;
};

/// The struct of a command, of which CommonOptions are a part. Throws UsageError.
template <typename Options>
Options options_of(const ParsedLine& line, const Settings<Options>& settings) {
  Options options;
  static_cast<CommonOptions&>(options) = line.common;
  for (const Setting<Options>& setting : settings) {
    const auto given = line.values.find(setting.option.name);
    if (given != line.values.end()) setting.set(options, given->second);
  }
  return options;
}

template <typename Options>
std::vector<Option> options_described(const Settings<Options>& settings) {
  std::vector<Option> options;
  for (const Setting<Options>& setting : settings) options.push_back(setting.option);
  return options;
}

/// A command whose options are the struct `Options`, set by `GetSettings`, which `Run` takes.
template <typename Options, Settings<Options> (*GetSettings)(), int (*Run)(const Options&)>
Command command(std::string_view name, std::string_view summary, std::string_view operands,
                bool takes_tensors = false) {
  const auto descriptions = [] { return options_described(GetSettings()); };
  const auto run_line = [](const ParsedLine& line) { return Run(options_of<Options>(line, GetSettings())); };
  return {name, summary, operands, descriptions, run_line, takes_tensors};
}

/// A command's own options and the common ones.
std::vector<Option> all_options(const Command& command);

/// The names of the options that every command takes.
std::vector<std::string> common_option_names();

/// Throws UsageError where an option has a value that is none of its choices.
void require_choices(const std::vector<Option>& options, const ParsedLine& line);

/// Throws UsageError.
ParsedLine parse(const Command& command, const std::vector<std::string>& words);

/// "Usage: ..." and all options.
std::string help_text(const Command& command);

}  // namespace aerotool::cli
