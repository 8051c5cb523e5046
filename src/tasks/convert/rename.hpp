// Other names for tensors, by regular expressions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/listener.hpp"
#include "transfer/plan.hpp"

namespace re2 {
class RE2;
}

namespace aerotool::tasks {

/// s/REGEX/REPLACEMENT/, as sed has it, with RE2's regular expressions: the delimiter is any punctuation mark
/// but a backslash; the flag g replaces every match and not the first alone, i ignores case. In the
/// replacement \1 to \9 stand for groups, and & and \0 for the whole match.
class Rename {
 public:
  /// Throws UsageError.
  explicit Rename(std::string text);

  /// Whether anything in the name matched.
  bool apply(std::string& name) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::shared_ptr<const re2::RE2> regex_;
  std::string rewrite_;
  bool everywhere_ = false;
};

/// Gives the tensors of a plan other names, one renaming after the other, and puts them into the order of
/// these. Warns of renamings that match no name. Throws RequestError, by name, where a name would be empty,
/// too long, or that of two tensors, and where the parts of an object would have names that do not belong
/// together.
void rename_tensors(const std::vector<Rename>& renames, const Listener& listener, Plan& plan);

}  // namespace aerotool::tasks
