// Shell patterns over the names of tensors, as every command takes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"
#include "tasks/listener.hpp"

namespace aerotool::tasks {

/// A pattern over whole names: * ? [...] as in a shell, where * matches dots and slashes too, and {a,b} for
/// either, which may be nested. A backslash takes the next character as it is. Braces without a comma are
/// text.
class Pattern {
 public:
  /// Throws RequestError where the alternatives are more than anybody would write.
  explicit Pattern(std::string text);

  /// Whether a name matches, or is the pattern letter by letter.
  bool matches(const std::string& name) const;
  const std::string& text() const { return text_; }
  bool has_wildcards() const;

  static constexpr std::size_t kMaxAlternatives = 1000;

 private:
  std::string text_;
  std::vector<std::string> alternatives_;
};

std::vector<Pattern> patterns(const std::vector<std::string>& texts);

bool matches_any(const std::vector<Pattern>& patterns, const std::string& name);

/// "; '*q_proj*' matches 24" where a pattern without wildcards is a part of names in the models; else empty.
std::string wider_pattern(const std::vector<const Model*>& models, const Pattern& pattern);

/// For patterns that match nothing in the models: "no tensor matches 'q_proj', 'x*'", and wider patterns.
std::string no_match(const std::vector<const Model*>& models, const std::vector<Pattern>& patterns);

/// A warning for each pattern, all of which match nothing in the model.
void warn_of_unmatched(const Listener& listener, const Model& model, const std::vector<Pattern>& patterns);

}  // namespace aerotool::tasks
