// What a command is: a line in the table, the options it takes, and a function that runs it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aerotool::cli {

/// One option of a command. Help, completion and the parser are all made from these.
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

/// A parsed command line.
class Arguments {
 public:
  bool has(const std::string& option) const { return values_.contains(option); }
  /// The last value given; empty where there is none.
  std::string get(const std::string& option) const;
  /// All values, in order.
  std::vector<std::string> all(const std::string& option) const;
  /// How often it is given.
  std::size_t count(const std::string& option) const { return all(option).size(); }
  const std::vector<std::string>& operands() const { return operands_; }
  /// Throws UsageError where there are fewer: "missing INPUT or OUTPUT; see 'aerotool help convert'".
  void require_operands(std::size_t fewest, std::string_view names) const;

 private:
  friend Arguments parse(const struct Command& command, const std::vector<std::string>& words);
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> operands_;
  std::string_view command_;
};

struct Command {
  std::string_view name;
  std::string_view summary;          ///< one line
  std::string_view operands;         ///< "MODEL [PATTERN...]"
  std::vector<Option> (*options)();  ///< its own; the common ones come in addition
  int (*run)(const Arguments& arguments);
  /// Operands after the first are names of tensors in the model that the first names.
  bool takes_tensors = false;
};

/// Options that every command takes.
const std::vector<Option>& common_options();

/// A command's own options and the common ones.
std::vector<Option> all_options(const Command& command);

/// Throws UsageError.
Arguments parse(const Command& command, const std::vector<std::string>& words);

/// "Usage: ..." and all options.
std::string help_text(const Command& command);

/// Of the common option.
unsigned jobs(const Arguments& arguments);

}  // namespace aerotool::cli
