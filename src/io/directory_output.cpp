#include "io/directory_output.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "core/error.hpp"
#include "core/text.hpp"

namespace aerotool::io {

DirectoryOutput::DirectoryOutput(const std::string& path) : path_(path) {
  while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
  if (path_.empty()) throw system_error(path, "write", ENOENT);
  make_directories(path_);
  directory_ = Fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory_) throw system_error(path_, "open the output directory", errno);
  if (::flock(directory_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw IoError({path_, {}, {}}, "another run is writing to this directory");
}

DirectoryOutput::~DirectoryOutput() {
  files_.clear();
  // A directory in which something else has appeared meanwhile stays.
  for (; !made_.empty(); made_.pop_back()) ::rmdir(made_.back().c_str());
}

void DirectoryOutput::make_directories(const std::string& path) {
  constexpr mode_t kMode = 0777;
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string above = path.substr(0, end);
    if (::mkdir(above.c_str(), kMode) == 0) {
      made_.push_back(above);
    } else if (errno != EEXIST && end == std::string::npos) {
      throw system_error(path, "create the directory", errno);
    }
    if (end == std::string::npos) return;
  }
}

std::string DirectoryOutput::path_of(const std::string& name) const {
  return path_ + (path_.ends_with('/') ? "" : "/") + name;
}

void DirectoryOutput::require_space(std::uint64_t bytes) const {
  struct statvfs room {};
  if (::fstatvfs(directory_.get(), &room) != 0) return;
  const std::uint64_t free = static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize;
  if (free >= bytes) return;
  throw IoError({path_, {}, {}}, "needs " + human_size(bytes) + ", but the file system has only " +
                                     human_size(free) + " free");
}

Output& DirectoryOutput::add(const std::string& name) {
  const std::string path = path_of(name);
  const std::lock_guard lock(mutex_);
  if (name.find('/') != std::string::npos) make_directories(path.substr(0, path.rfind('/')));
  auto output = std::make_unique<Output>(Output::to_path(path));
  if (!output->seekable()) throw IoError({path, {}, {}}, "is no regular file");
  return *(files_[name] = std::move(output));
}

void DirectoryOutput::adopt(const std::string& name, Output::Leftover leftover) {
  auto output = std::make_unique<Output>(Output::from_leftover(path_of(name), std::move(leftover)));
  const std::lock_guard lock(mutex_);
  files_[name] = std::move(output);
}

void DirectoryOutput::remove(const std::string& name) {
  if (::unlinkat(directory_.get(), name.c_str(), 0) != 0 && errno != ENOENT)
    throw system_error(path_of(name), "remove", errno);
}

void DirectoryOutput::sync() const {
  while (::fsync(directory_.get()) != 0) {
    // Some file systems cannot sync a directory.
    if (errno == EINVAL || errno == EROFS) return;
    if (errno != EINTR) throw system_error(path_, "write to disk", errno);
  }
}

void DirectoryOutput::publish(const std::string& index, const std::vector<std::string>& obsolete) {
  for (const auto& [name, output] : files_) output->finish();
  if (!index.empty()) {
    remove(index);
    sync();
  }
  made_.clear();
  for (const auto& [name, output] : files_) {
    if (name == index) continue;
    output->place();
    if (name.find('/') != std::string::npos) output->sync_directory();
  }
  sync();
  for (const std::string& name : obsolete) remove(name);
  if (!obsolete.empty()) sync();
  if (const auto last = files_.find(index); last != files_.end()) {
    last->second->place();
    sync();
  }
}

}  // namespace aerotool::io
