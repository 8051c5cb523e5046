#include "cli/command.hpp"

#include <algorithm>
#include <boost/program_options.hpp>

#include "core/error.hpp"
#include "core/nearest.hpp"
#include "core/numbers.hpp"
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
      const bool bare = option.argument == Option::Argument::optional && word == option.long_form();
      if (bare) word.append("=").append(option.fallback);
    }
  }
  return words;
}

[[noreturn]] void refuse_unknown(const Command& command, const std::vector<Option>& options,
                                 const std::string& given) {
  std::vector<std::string> names;
  for (const Option& option : options) names.push_back(option.long_form());
  throw UsageError("unknown option '" + escape_controls(shortened(given)) + "'; " +
                   did_you_mean(given.substr(0, given.find('=')), names) + "'aerotool help " +
                   std::string(command.name) + "' lists them all");
}

unsigned parse_jobs(const std::string& text) {
  constexpr std::uint64_t kMax = 1024;
  const std::uint64_t count = parse_count(text, "--jobs");
  if (count == 0 || count > kMax) throw UsageError("--jobs takes a number from 1 to 1024");
  return static_cast<unsigned>(count);
}

When parse_when(const std::string& text) {
  if (text == "always") return When::always;
  return text == "never" ? When::never : When::automatic;
}

/// The options that every command takes.
const Settings<ParsedLine>& common_settings() {
  using enum Option::Argument;
  const auto of_common = [](auto set) {
    return [set](ParsedLine& line, const Values& values) { set(line.common, values); };
  };
  static const Settings<ParsedLine> settings = {
      {{"jobs", 'j', required, "N", "threads to work with (default: the processors it may use)", {}},
       of_common(sets(&CommonOptions::jobs, parse_jobs))},
      {{"quiet", 'q', none, "", "print nothing but errors", {}},
       [](ParsedLine& line, const Values& values) {
         line.common.quiet = static_cast<unsigned>(values.size());
       }},
      {{"verbose", 'v', none, "", "print more on standard error", {}},
       of_common(sets(&CommonOptions::verbose))},
      {{"offline", 0, none, "", "open no connection: of servers, only the cache is read", {}},
       of_common(sets(&CommonOptions::offline))},
      {{"progress",
        0,
        required,
        "WHEN",
        "show a progress bar: auto, always or never",
        {"auto", "always", "never"}},
       of_common(sets(&CommonOptions::progress, parse_when))},
      {{"color", 0, required, "WHEN", "use colour: auto, always or never", {"auto", "always", "never"}},
       of_common(sets(&CommonOptions::color, parse_when))},
      {{"help", 'h', none, "", "show this help", {}}, sets(&ParsedLine::help)},
  };
  return settings;
}

void require_choice(const Option& option, const Values& values) {
  const auto& choices = option.choices;
  for (const std::string& value : values) {
    if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) continue;
    std::string list;
    for (const std::string_view choice : choices) list.append(list.empty() ? "" : ", ").append(choice);
    throw UsageError(option.long_form() + " takes one of " + list + ", not '" + value + "'");
  }
}

}  // namespace

void require_operands(const CommonOptions& options, std::size_t fewest, std::string_view names) {
  if (options.operands.size() >= fewest) return;
  throw UsageError("missing " + std::string(names) + "; see 'aerotool help " + std::string(options.command) +
                   "'");
}

std::vector<Option> all_options(const Command& command) {
  std::vector<Option> options = command.options();
  for (const Setting<ParsedLine>& setting : common_settings()) options.push_back(setting.option);
  return options;
}

std::vector<std::string> common_option_names() {
  std::vector<std::string> names;
  for (const Setting<ParsedLine>& setting : common_settings()) names.emplace_back(setting.option.name);
  return names;
}

void require_choices(const std::vector<Option>& options, const ParsedLine& line) {
  for (const Option& option : options) {
    if (const auto given = line.values.find(option.name); given != line.values.end())
      require_choice(option, given->second);
  }
}

ParsedLine parse(const Command& command, const std::vector<std::string>& words) {
  const std::vector<Option> options = all_options(command);
  po::options_description description;
  for (const Option& option : options) {
    auto* value = po::value<std::vector<std::string>>()->composing();
    if (option.argument == Option::Argument::none) value->zero_tokens();
    std::string names(option.name);
    if (option.letter != 0) names.append(",").push_back(option.letter);
    description.add_options()(names.c_str(), value, "");
  }
  description.add_options()(kOperands, po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add(kOperands, -1);

  ParsedLine line;
  line.common.command = command.name;
  line.common.jobs = platform::processors();
  try {
    constexpr int kStyle = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    const auto parsed = po::command_line_parser(with_fallbacks(options, words))
                            .options(description)
                            .positional(positional)
                            .style(kStyle)
                            .run();
    for (const auto& item : parsed.options) {
      if (item.string_key == kOperands) {
        line.common.operands.insert(line.common.operands.end(), item.value.begin(), item.value.end());
        continue;
      }
      auto& values = line.values[item.string_key];
      values.insert(values.end(), item.value.begin(), item.value.end());
      if (item.value.empty()) values.emplace_back();
    }
  } catch (const po::unknown_option& error) {
    refuse_unknown(command, options, error.get_option_name());
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  require_choices(options, line);
  // --help is the last one, and helps whatever else is wrong.
  const Settings<ParsedLine>& common = common_settings();
  for (auto setting = common.rbegin(); setting != common.rend() && !line.help; ++setting) {
    if (const auto given = line.values.find(setting->option.name); given != line.values.end())
      setting->set(line, given->second);
  }
  return line;
}

std::string help_text(const Command& command) {
  std::string text = "Usage: aerotool " + std::string(command.name) + " [OPTION...] " +
                     std::string(command.operands) + "\n" + std::string(command.summary) + ".\n\nOptions:\n";
  constexpr std::size_t kColumn = 32;
  for (const Option& option : all_options(command)) {
    std::string line = option.letter == 0 ? "      " : std::string("  -") + option.letter + ", ";
    line += option.long_form();
    if (option.argument == Option::Argument::required) line.append("=").append(option.placeholder);
    if (option.argument == Option::Argument::optional)
      line.append("[=").append(option.placeholder).append("]");
    line += line.size() < kColumn - 1 ? std::string(kColumn - line.size(), ' ')
                                      : "\n" + std::string(kColumn, ' ');
    text.append(line).append(option.help).append("\n");
  }
  return text + "\nThe manual: man aerotool-" + std::string(command.name) + "\n";
}

}  // namespace aerotool::cli
