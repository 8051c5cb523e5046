#include "io/directory_output.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/directory.hpp"

namespace aerotool::io {

DirectoryOutput::DirectoryOutput(const std::string& path) : path_(path) {
  while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
  if (path_.empty()) throw system_error(path, "write", ENOENT);
  made_.make(path_);
  directory_ = open_directory(path_);
  if (::flock(directory_->get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw IoError({path_, {}, {}}, "another run is writing to this directory");
  for (Stale& stale : find_stale(directory_->get())) {
    const std::string target = stale.target;
    stale_[target].push_back(std::move(stale));
  }
}

std::string DirectoryOutput::path_of(const std::string& name) const {
  return path_ + (path_.ends_with('/') ? "" : "/") + name;
}

void DirectoryOutput::require_space(std::uint64_t bytes) const {
  struct statvfs room {};
  if (::fstatvfs(directory_->get(), &room) != 0) return;
  const std::uint64_t free = static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize;
  if (free >= bytes) return;
  throw IoError({path_, {}, {}}, "needs " + human_size(bytes) + ", but the file system has only " +
                                     human_size(free) + " free");
}

Output& DirectoryOutput::add(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto output = std::make_unique<Output>(
      Output::in_directory(open_for(name), name.substr(name.rfind('/') + 1), path_of(name)));
  return *(files_[name] = std::move(output));
}

std::shared_ptr<const Fd> DirectoryOutput::open_for(const std::string& name) {
  const auto slash = name.rfind('/');
  if (slash == std::string::npos) {
    unlink_stale(name);
    return directory_;
  }
  const std::string below = path_of(name.substr(0, slash));
  made_.make(below);
  std::shared_ptr<const Fd> directory = open_directory(below);
  io::remove_stale(directory->get(), {name.substr(slash + 1)});
  return directory;
}

std::vector<DirectoryOutput::Leftover> DirectoryOutput::leftovers(const std::string& name) {
  std::vector<Leftover> found;
  const auto take = [&](Fd fd, const std::string& temporary) {
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) throw system_error(path_of(name), "look at", errno);
    if (!S_ISREG(status.st_mode)) return;
    found.push_back({OpenFile(std::move(fd)), temporary, static_cast<std::uint64_t>(status.st_size)});
  };
  Fd placed = open_fd(directory_->get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  // A link, or a socket, is no file of ours.
  if (!placed && errno != ENOENT && errno != ELOOP && errno != ENXIO)
    throw system_error(path_of(name), "open", errno);
  if (placed) take(std::move(placed), {});
  const std::lock_guard lock(mutex_);
  if (const auto stale = stale_.find(name); stale != stale_.end()) {
    for (Stale& file : stale->second) take(std::move(file.fd), file.name);
  }
  return found;
}

std::uint64_t DirectoryOutput::leftover_size(const std::string& name) const {
  struct stat status {};
  std::uint64_t largest = 0;
  if (::fstatat(directory_->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISREG(status.st_mode))
    largest = static_cast<std::uint64_t>(status.st_size);
  const auto stale = stale_.find(name);
  if (stale == stale_.end()) return largest;
  for (const Stale& file : stale->second) {
    if (::fstat(file.fd.get(), &status) == 0)
      largest = std::max(largest, static_cast<std::uint64_t>(status.st_size));
  }
  return largest;
}

void DirectoryOutput::adopt(const std::string& name, Leftover leftover) {
  const std::lock_guard lock(mutex_);
  std::erase_if(stale_[name], [&](const Stale& file) { return file.name == leftover.temporary; });
  files_[name] = std::make_unique<Output>(
      Output::adopt(directory_, name, path_of(name), leftover.file.take(), std::move(leftover.temporary)));
}

void DirectoryOutput::bring(const std::string& name, const std::string& from) {
  const std::lock_guard lock(mutex_);
  open_for(name);
  brought_[name] = from;
}

void DirectoryOutput::place_brought(const std::string& name, const std::string& from) {
  if (::renameat(directory_->get(), from.c_str(), directory_->get(), name.c_str()) != 0)
    throw system_error(path_of(name), "put the file in place", errno);
  if (const auto slash = name.rfind('/'); slash != std::string::npos)
    sync_directory(*open_directory(path_of(name.substr(0, slash))), path_of(name));
}

void DirectoryOutput::unlink_stale(const std::string& target) {
  const auto stale = stale_.find(target);
  if (stale == stale_.end()) return;
  for (const Stale& file : stale->second) ::unlinkat(directory_->get(), file.name.c_str(), 0);
  stale_.erase(stale);
}

void DirectoryOutput::remove_stale(const std::function<bool(const std::string& target)>& ours) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> targets;
  for (const auto& [target, files] : stale_) {
    if (ours(target)) targets.push_back(target);
  }
  for (const std::string& target : targets) unlink_stale(target);
}

void DirectoryOutput::set_time_to_now(const std::string& name) const {
  static_cast<void>(::utimensat(directory_->get(), name.c_str(), nullptr, AT_SYMLINK_NOFOLLOW));
}

void DirectoryOutput::sync() const {
  sync_directory(*directory_, path_);
}

std::string DirectoryOutput::remove_files(const std::vector<std::string>& names) const {
  std::string errors;
  for (const std::string& name : names) {
    if (::unlinkat(directory_->get(), name.c_str(), 0) == 0 || errno == ENOENT) continue;
    if (!errors.empty()) errors += "; ";
    errors += system_error(path_of(name), "remove", errno).what();
  }
  return errors;
}

void DirectoryOutput::place_files(const std::string& index) {
  for (const auto& [name, output] : files_) {
    if (name == index) continue;
    output->place();
    any_placed_ = true;
    made_.keep();
    if (name.find('/') != std::string::npos) output->sync_directory();
  }
  for (const auto& [name, from] : brought_) {
    if (name == index) continue;
    place_brought(name, from);
    any_placed_ = true;
  }
}

void DirectoryOutput::publish(const std::string& index, const std::vector<std::string>& obsolete) {
  for (const auto& [name, output] : files_) output->finish();
  std::string aside = index.empty() ? index : temporary_name(index);
  const auto last = files_.find(index);
  const auto last_brought = brought_.find(index);
  if (!index.empty() && ::renameat(directory_->get(), index.c_str(), directory_->get(), aside.c_str()) != 0) {
    if (errno != ENOENT) throw system_error(path_of(index), "replace", errno);
    aside.clear();
  }
  try {
    if (!index.empty()) sync();
    place_files(index);
  } catch (...) {
    // The index that was set aside still tells the truth while no file has changed.
    if (!aside.empty() && !any_placed_)
      ::renameat(directory_->get(), aside.c_str(), directory_->get(), index.c_str());
    throw;
  }
  made_.keep();
  sync();
  const std::string errors = remove_files(obsolete);
  if (!obsolete.empty()) sync();
  if (last != files_.end()) last->second->place();
  if (last_brought != brought_.end()) place_brought(index, last_brought->second);
  // The old index tells the next run which files are to go, where some could not.
  if (!aside.empty() && errors.empty()) ::unlinkat(directory_->get(), aside.c_str(), 0);
  if (last != files_.end() || last_brought != brought_.end()) sync();
  if (!errors.empty()) throw IoError({}, errors);
}

std::vector<OpenFile> placed_and_left(const std::string& directory, const std::string& name) {
  std::vector<OpenFile> files;
  const auto add = [&](OpenFile file) {
    if (file.is_regular()) files.push_back(std::move(file));
  };
  const auto opened = open_directory(directory);
  if (Fd placed = open_fd(opened->get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK))
    add(OpenFile(std::move(placed)));
  for (Stale& stale : find_stale(opened->get())) {
    if (stale.target == name) add(OpenFile(std::move(stale.fd)));
  }
  return files;
}

}  // namespace aerotool::io
