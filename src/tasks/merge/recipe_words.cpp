#include "tasks/merge/recipe_words.hpp"

#include <string_view>

namespace aerotool::tasks {
namespace {

std::string quoted_word(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.,:/=+%@";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

}  // namespace

void append_word(std::string& recipe, const std::string& word) {
  recipe += " " + quoted_word(word);
}

void append_option(std::string& recipe, const std::string& name, const std::string& value) {
  append_word(recipe, "--" + name);
  append_word(recipe, value);
}

void append_common_options(std::string& recipe, const MergeRequest& request) {
  for (const std::string& dtype : request.dtypes) append_option(recipe, "dtype", dtype);
  if (request.seed) append_option(recipe, "seed", std::to_string(*request.seed));
  if (request.missing == Missing::first) append_option(recipe, "missing", "first");
}

}  // namespace aerotool::tasks
