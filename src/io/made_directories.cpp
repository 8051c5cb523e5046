#include "io/made_directories.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/error.hpp"

namespace aerotool::io {
namespace {

constexpr mode_t kMode = 0777;

}  // namespace

MadeDirectories::~MadeDirectories() {
  for (; !paths_.empty(); paths_.pop_back()) ::rmdir(paths_.back().c_str());
}

void MadeDirectories::make_one(const std::string& path) {
  if (::mkdir(path.c_str(), kMode) == 0) {
    paths_.push_back(path);
  } else if (errno != EEXIST) {
    throw system_error(path, "create the directory", errno);
  }
}

void MadeDirectories::make(const std::string& path) {
  for (std::size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    const std::string above = path.substr(0, end);
    // Where one cannot be made, the last one cannot either, and tells.
    if (::mkdir(above.c_str(), kMode) == 0) paths_.push_back(above);
  }
  make_one(path);
}

}  // namespace aerotool::io
