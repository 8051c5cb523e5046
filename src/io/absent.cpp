#include "io/absent.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "core/error.hpp"
#include "io/relative_path.hpp"
#include "io/remote_tree.hpp"
#include "io/url.hpp"

namespace aerotool::io {

bool absent_beside(const std::string& index, const std::string& relative) {
  // Of a server, only asking tells.
  if (looks_like_url(index) || !path_problem(relative).empty()) return false;
  const std::string base = directory_of(index) + "/";
  if (RemoteTree* const tree = remote_tree_of(index)) return tree->type_of(base + relative) == FileType::none;
  for (std::size_t slash = 0; slash != std::string::npos;) {
    slash = relative.find('/', slash + 1);
    const std::string path = base + relative.substr(0, slash);
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return true;
      if (errno == ENAMETOOLONG) return false;
      throw system_error(path, "look at", errno);
    }
    if (S_ISLNK(status.st_mode)) return false;
  }
  return false;
}

}  // namespace aerotool::io
