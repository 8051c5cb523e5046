#include "cli/command.hpp"

#include <algorithm>
#include <boost/program_options.hpp>

#include "cli/numbers.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "platform/processors.hpp"

namespace aerotool::cli {
namespace {

namespace po = boost::program_options;

constexpr const char* kOperands = "operands";

/// Gives options whose argument may be left out the one they then have. Boost would take the next word for
/// it.
std::vector<std::string> with_fallbacks(const std::vector<Option>& options, std::vector<std::string> words) {
  for (std::string& word : words) {
    if (word == "--") break;
    for (const Option& option : options) {
      const bool bare = option.argument == Option::Argument::optional && word == "--" + option.name;
      if (bare) word += "=" + option.fallback;
    }
  }
  return words;
}

[[noreturn]] void refuse_unknown(const Command& command, const std::vector<Option>& options,
                                 const std::string& given) {
  std::vector<std::string> names;
  for (const Option& option : options) names.push_back("--" + option.name);
  throw UsageError("unknown option '" + escape_controls(shortened(given)) + "'; " +
                   did_you_mean(given.substr(0, given.find('=')), names) + "'aerotool help " +
                   std::string(command.name) + "' lists them all");
}

}  // namespace

std::string Arguments::get(const std::string& option) const {
  const auto found = values_.find(option);
  return found == values_.end() || found->second.empty() ? std::string{} : found->second.back();
}

std::vector<std::string> Arguments::all(const std::string& option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

void Arguments::require_operands(std::size_t fewest, std::string_view names) const {
  if (operands_.size() >= fewest) return;
  throw UsageError("missing " + std::string(names) + "; see 'aerotool help " + std::string(command_) + "'");
}

const std::vector<Option>& common_options() {
  using enum Option::Argument;
  static const std::vector<Option> options = {
      {"jobs", 'j', required, "N", "threads to work with (default: the processors it may use)", {}},
      {"quiet", 'q', none, "", "print nothing but errors", {}},
      {"verbose", 'v', none, "", "print more on standard error", {}},
      {"progress",
       0,
       required,
       "WHEN",
       "show a progress bar: auto, always or never",
       {"auto", "always", "never"}},
      {"color", 0, required, "WHEN", "use colour: auto, always or never", {"auto", "always", "never"}},
      {"help", 'h', none, "", "show this help", {}},
  };
  return options;
}

std::vector<Option> all_options(const Command& command) {
  std::vector<Option> options = command.options();
  options.insert(options.end(), common_options().begin(), common_options().end());
  return options;
}

Arguments parse(const Command& command, const std::vector<std::string>& words) {
  const std::vector<Option> options = all_options(command);
  po::options_description description;
  for (const Option& option : options) {
    auto* value = po::value<std::vector<std::string>>()->composing();
    if (option.argument == Option::Argument::none) value->zero_tokens();
    const std::string names = option.letter == 0 ? option.name : option.name + "," + option.letter;
    description.add_options()(names.c_str(), value, "");
  }
  description.add_options()(kOperands, po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add(kOperands, -1);

  Arguments arguments;
  arguments.command_ = command.name;
  try {
    constexpr int kStyle = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    const auto parsed = po::command_line_parser(with_fallbacks(options, words))
                            .options(description)
                            .positional(positional)
                            .style(kStyle)
                            .run();
    for (const auto& item : parsed.options) {
      if (item.string_key == kOperands) {
        arguments.operands_.insert(arguments.operands_.end(), item.value.begin(), item.value.end());
        continue;
      }
      auto& values = arguments.values_[item.string_key];
      values.insert(values.end(), item.value.begin(), item.value.end());
      if (item.value.empty()) values.emplace_back();
    }
  } catch (const po::unknown_option& error) {
    refuse_unknown(command, options, error.get_option_name());
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  for (const Option& option : options) {
    for (const std::string& value : arguments.all(option.name)) {
      const auto& choices = option.choices;
      if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) continue;
      std::string list;
      for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
      throw UsageError("--" + option.name + " takes one of " + list + ", not '" + value + "'");
    }
  }
  static_cast<void>(jobs(arguments));  // wrong for every command alike
  return arguments;
}

std::string help_text(const Command& command) {
  std::string text = "Usage: aerotool " + std::string(command.name) + " [OPTION...] " +
                     std::string(command.operands) + "\n" + std::string(command.summary) + ".\n\nOptions:\n";
  constexpr std::size_t kColumn = 32;
  for (const Option& option : all_options(command)) {
    std::string line = option.letter == 0 ? "      " : std::string("  -") + option.letter + ", ";
    line += "--" + option.name;
    if (option.argument == Option::Argument::required) line += "=" + option.placeholder;
    if (option.argument == Option::Argument::optional) line += "[=" + option.placeholder + "]";
    line += line.size() < kColumn - 1 ? std::string(kColumn - line.size(), ' ')
                                      : "\n" + std::string(kColumn, ' ');
    text += line + option.help + "\n";
  }
  return text + "\nThe manual: man aerotool-" + std::string(command.name) + "\n";
}

unsigned jobs(const Arguments& arguments) {
  if (!arguments.has("jobs")) return platform::processors();
  constexpr std::uint64_t kMax = 1024;
  const std::uint64_t count = parse_count(arguments.get("jobs"), "--jobs");
  if (count == 0 || count > kMax) throw UsageError("--jobs takes a number from 1 to 1024");
  return static_cast<unsigned>(count);
}

}  // namespace aerotool::cli
