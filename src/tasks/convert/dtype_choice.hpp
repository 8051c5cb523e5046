// Which dtype tensors are written as: --dtype TYPE[:PATTERN].
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "codecs/floats/float_kind.hpp"
#include "tasks/patterns.hpp"

namespace aerotool::tasks {

/// ggml's blocks of that name.
struct Q8Blocks {};
using TargetType = std::variant<FloatKind, Q8Blocks>;

class DTypeChoices {
 public:
  struct Choice {
    TargetType type;
    std::optional<Pattern> pattern;  ///< absent: for all tensors
    bool used = false;               ///< it matched a name
  };

  /// `texts` as the option was given. Throws RequestError.
  explicit DTypeChoices(const std::vector<std::string>& texts);

  bool empty() const { return choices_.empty(); }
  /// The last one that matches a name; null where none does. Notes it as used.
  const Choice* of(const std::string& name);
  /// The patterns that matched no name.
  std::vector<Pattern> unused() const;

 private:
  std::vector<Choice> choices_;
};

}  // namespace aerotool::tasks
