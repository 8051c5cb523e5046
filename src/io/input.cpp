#include "io/input.hpp"

#include "core/checked.hpp"
#include "core/error.hpp"
#include "io/file_input.hpp"
#include "io/open_url.hpp"
#include "io/remote_tree.hpp"
#include "io/url.hpp"

namespace aerotool::io {

std::shared_ptr<Input> Input::open(const std::string& location) {
  if (RemoteTree* const tree = remote_tree_of(location)) return tree->open(location, {});
  return looks_like_url(location) ? open_url(location, {}) : FileInput::open(location);
}

void Input::require_range(std::uint64_t offset, std::uint64_t length) const {
  if (range_fits(offset, length, size())) return;
  throw IoError(Where{name_, offset, {}},
                std::to_string(length) + " bytes are asked for past the end of the file");
}

}  // namespace aerotool::io
