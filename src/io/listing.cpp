// Not by way of std::filesystem: where there is no memory its iterators end the process.
#include "io/listing.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <new>

#include "core/error.hpp"
#include "io/fd.hpp"
#include "io/remote_tree.hpp"

namespace aerotool::io {

FileType type_of(const std::string& path) {
  if (RemoteTree* const tree = remote_tree_of(path)) return tree->type_of(path);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    // A link in a circle leads nowhere either.
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return FileType::none;
    throw system_error(path, "look at", errno);
  }
  if (S_ISREG(status.st_mode)) return FileType::regular;
  return S_ISDIR(status.st_mode) ? FileType::directory : FileType::other;
}

bool is_link(const std::string& path) {
  if (remote_tree_of(path) != nullptr) return false;
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return S_ISLNK(status.st_mode);
  if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return false;
  throw system_error(path, "look at", errno);
}

bool is_closed(const std::string& path) {
  if (remote_tree_of(path) != nullptr) return false;
  return ::access(path.c_str(), R_OK) != 0 && (errno == EACCES || errno == ENOENT || errno == ENOTDIR);
}

std::string path_in(const std::string& directory, const std::string& name) {
  return directory + (directory.ends_with('/') ? "" : "/") + name;
}

std::vector<std::string> names_in(const std::string& directory) {
  if (RemoteTree* const tree = remote_tree_of(directory)) return tree->names_in(directory);
  Fd fd = open_fd(directory, O_RDONLY | O_DIRECTORY);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fd ? ::fdopendir(fd.get()) : nullptr, ::closedir);
  if (!entries) throw system_error(directory, "read the directory", errno);
  fd.release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(entries.get());
    if (entry == nullptr) break;
    std::string name(&entry->d_name[0]);
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  if (errno != 0) throw system_error(directory, "read the directory", errno);
  return names;
}

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  if (!real && errno == ENOMEM) throw std::bad_alloc();
  return real ? std::string(real.get()) : std::string();
}

}  // namespace aerotool::io
