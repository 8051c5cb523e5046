// aerotool: looks the first word up in the table of commands, runs it, and turns what goes wrong into one
// line and an exit status.
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "cli/terminal.hpp"
#include "cli/text_out.hpp"
#include "cli/traffic.hpp"
#include "cli/version.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "hub/hub_name.hpp"
#include "hub/hub_tree.hpp"
#include "io/interrupt.hpp"
#include "io/listing.hpp"
#include "io/open_url.hpp"
#include "io/process.hpp"
#include "platform/memory.hpp"
#include "registry/registry.hpp"

namespace aerotool::commands {
#define AEROTOOL_COMMAND(name) const cli::Command& name##_command();
#include "commands.def"
#undef AEROTOOL_COMMAND
}  // namespace aerotool::commands

namespace aerotool {
namespace {

const auto& commands_in_order() {
#define AEROTOOL_COMMAND(name) &commands::name##_command(),
  static const std::array all = {
#include "commands.def"
  };
#undef AEROTOOL_COMMAND
  return all;
}

constexpr int kTrouble = 2;

/// `word` as a shell takes it; FILE where that would not be plain to read.
std::string shell_word(const std::string& word) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+/:@%=,";
  const bool plain = !word.empty() && word.find_first_not_of(kPlain) == std::string::npos;
  return plain && !word.starts_with('-') ? word : "FILE";
}

/// Whether somebody who typed this meant a file.
bool is_file(const std::string& word) {
  try {
    return hub::is_hub_name(word) || format_of_extension(word) != nullptr ||
           io::type_of(word) != io::FileType::none;
  } catch (const IoError&) {
    return true;  // it is there, and cannot be looked at
  }
}

std::string unknown_command(const std::string& word) {
  const std::string shown = "'" + escape_controls(shortened(word)) + "'";
  if (word.starts_with('-')) return "unknown option " + shown + "; 'aerotool help' shows what there is";
  std::vector<std::string> names;
  for (const cli::Command* command : commands_in_order()) names.emplace_back(command->name);
  if (is_file(word)) {
    std::string others;
    for (std::size_t i = 1; i < names.size(); ++i)
      others += (i == 1 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    return shown + " is not a command; to see what is in that file, type 'aerotool " + names.front() + " " +
           shell_word(word) + "' (" + others + " take files, too)";
  }
  names.emplace_back("help");
  return "unknown command " + shown + "; " + did_you_mean(word, names) + "'aerotool help' lists them all";
}

const cli::Command& command_named(const std::string& name) {
  for (const cli::Command* command : commands_in_order()) {
    if (command->name == name) return *command;
  }
  throw UsageError(unknown_command(name));
}

std::string overview() {
  std::string text =
      "Usage: aerotool COMMAND [OPTION...] [ARGUMENT...]\n"
      "See, check, convert and take apart files of machine-learning weights.\n\n"
      "Commands:\n";
  constexpr std::size_t kColumn = 12;
  for (const cli::Command* command : commands_in_order()) {
    std::string name(command->name);
    name.resize(kColumn, ' ');
    text += "  " + name + std::string(command->summary) + "\n";
  }
  return text + "\n'aerotool help COMMAND' explains one; 'aerotool --version' tells the version.\n";
}

int print(const std::string& text) {
  cli::TextOut out;
  out.write(text);
  out.finish();
  return 0;
}

/// Whether a variable of Hugging Face's libraries says yes, as they read it.
bool is_yes(const char* value) {
  constexpr std::array kYes = {"1", "ON", "YES", "TRUE"};
  return value != nullptr &&
         std::ranges::any_of(kYes, [value](const char* yes) { return ::strcasecmp(value, yes) == 0; });
}

int dispatch(const std::vector<std::string>& words) {
  if (words.empty()) {
    cli::complain("missing COMMAND; 'aerotool help' lists them");
    return kTrouble;
  }
  const std::string& first = words.front();
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  if (first == "--version") return print(cli::version_text());
  if (first == "--help" || first == "-h" || (first == "help" && rest.empty())) return print(overview());
  if (first == "help") return print(cli::help_text(command_named(rest.front())));
  if (first == "__complete") {
    std::string lines;
    for (const std::string& line : cli::complete(commands_in_order(), rest)) lines += line + "\n";
    return print(lines);
  }
  const cli::Command& command = command_named(first);
  cli::set_command_name(command.name);
  const cli::ParsedLine line = cli::parse(command, rest);
  if (line.help) return print(cli::help_text(command));
  if (line.common.offline) io::set_offline(true);
  const int status = command.run(line);
  if (const auto traffic = io::close_urls()) cli::tell(*traffic, line.common);
  return status;
}

int run(int argc, char** argv) {
  try {
    io::occupy_standard_streams();
    io::install_signal_handlers();
    platform::advise_large_heap();
    platform::prepare_unwinding();
    hub::serve_hub_names();
    io::raise_open_file_limit();
    if (is_yes(std::getenv("HF_HUB_OFFLINE"))) io::set_offline(true);
    return dispatch(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const Interrupted& interrupted) {
    io::die_of(interrupted.signal_number());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    // The line takes memory, too.
    cli::complain(error.what());
  }
  return kTrouble;
}

}  // namespace
}  // namespace aerotool

int main(int argc, char** argv) {
  using namespace aerotool;
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    cli::complain_of_memory();
  }
  return kTrouble;
}
