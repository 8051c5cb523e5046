#include "cli/completion.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "io/open_url.hpp"
#include "registry/registry.hpp"

namespace aerotool::cli {
namespace {

using Lines = std::vector<std::string>;

void offer(Lines& lines, std::string_view typed, const std::string& word, std::string_view meaning = {}) {
  if (!word.starts_with(typed)) return;
  lines.push_back(meaning.empty() ? word : word + "\t" + std::string(meaning));
}

std::string model_files() {
  std::string line = ":files";
  for (const Format* format : formats()) {
    for (const std::string_view extension : format->extensions()) line += "\t" + std::string(extension);
  }
  return line;
}

const Option* find_option(const std::vector<Option>& options, std::string_view word) {
  for (const Option& option : options) {
    if (word == option.long_form()) return &option;
    if (option.letter != 0 && word == std::string("-") + option.letter) return &option;
  }
  return nullptr;
}

/// Values of an option; `prefix` stands before each, as in --to=.
void offer_values(Lines& lines, const Option& option, const std::string& prefix, std::string_view typed) {
  for (const std::string_view choice : option.choices) offer(lines, typed, prefix + std::string(choice));
  if (option.choices.empty() && option.placeholder == "PATH") lines.emplace_back(":files");
}

void offer_tensors(Lines& lines, const std::string& path, const std::string& from, std::string_view typed) {
  try {
    Report report;
    const auto model = open_model(path, {.from = from}, report);
    for (const Tensor& tensor : model->tensors()) {
      // A shell takes its candidates line by line.
      if (escape_controls(tensor.name) == tensor.name) offer(lines, typed, tensor.name);
    }
  } catch (const std::exception&) {
    // A file that cannot be read has nothing to offer.
  }
}

Lines complete_arguments(const Command& command, const Lines& words) {
  Lines lines;
  const std::vector<Option> options = all_options(command);
  const std::string& typed = words.back();
  Lines operands;
  std::string from;
  const Option* pending = nullptr;
  bool only_operands = false;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (pending != nullptr) {
      if (pending->name == "from") from = word;
      pending = nullptr;
    } else if (!only_operands && word == "--") {
      only_operands = true;
    } else if (!only_operands && word.size() > 1 && word.starts_with('-')) {
      if (word.starts_with("--from=")) from = word.substr(7);
      if (word == "--offline") io::set_offline(true);
      const Option* option = find_option(options, word);
      if (option != nullptr && option->argument == Option::Argument::required) pending = option;
    } else {
      operands.push_back(word);
    }
  }
  if (pending != nullptr) {
    offer_values(lines, *pending, "", typed);
    return lines;
  }
  if (!only_operands && typed.starts_with('-') && typed.size() > 1 && typed.find('=') != std::string::npos) {
    const std::string name = typed.substr(0, typed.find('='));
    if (const Option* option = find_option(options, name)) offer_values(lines, *option, name + "=", typed);
    return lines;
  }
  if (!only_operands && typed.starts_with('-')) {
    for (const Option& option : options) offer(lines, typed, option.long_form(), option.help);
    return lines;
  }
  if (command.takes_tensors && !operands.empty()) {
    if (operands.front() != "-") offer_tensors(lines, operands.front(), from, typed);
    return lines;
  }
  lines.push_back(model_files());
  return lines;
}

}  // namespace

std::vector<std::string> complete(std::span<const Command* const> commands,
                                  const std::vector<std::string>& words) {
  Lines lines;
  if (words.empty()) return lines;
  const bool naming = words.size() == 1 || (words.size() == 2 && words.front() == "help");
  if (naming) {
    for (const Command* command : commands)
      offer(lines, words.back(), std::string(command->name), command->summary);
    if (words.size() == 2) return lines;
    offer(lines, words.back(), "help", "Show help on a command");
    if (words.back().starts_with('-')) {
      offer(lines, words.back(), "--help", "Show help");
      offer(lines, words.back(), "--version", "Show the version");
    }
    return lines;
  }
  for (const Command* command : commands) {
    if (command->name == words.front()) return complete_arguments(*command, {words.begin() + 1, words.end()});
  }
  return lines;
}

}  // namespace aerotool::cli
