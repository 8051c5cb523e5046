// "Did you mean": what is most like a word that was not found.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aerotool {

/// Looks at candidates one after the other and keeps the few that differ least from a word, in no more than
/// a third of its letters.
class Nearest {
 public:
  Nearest(std::string_view word, std::size_t most);

  void offer(std::string_view candidate);
  /// The nearest first; of those as near as each other, the one offered first.
  std::vector<std::string> found() const;

 private:
  std::string word_;
  std::size_t most_;
  std::size_t limit_;
  std::vector<std::pair<std::size_t, std::string>> near_;  // by distance
};

/// "did you mean 'validate'? ", of the one word that begins like this one or else differs least; empty where
/// none is like it.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);

}  // namespace aerotool
