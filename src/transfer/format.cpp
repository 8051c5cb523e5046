#include "transfer/format.hpp"

#include <algorithm>

namespace aerotool {

std::size_t Format::ending_in(std::string_view path) const {
  std::size_t longest = 0;
  for (const std::string_view extension : extensions()) {
    if (path.ends_with(extension)) longest = std::max(longest, extension.size());
  }
  return longest;
}

}  // namespace aerotool
