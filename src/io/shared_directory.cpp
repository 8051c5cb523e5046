#include "io/shared_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <unordered_set>
#include <utility>

#include "core/error.hpp"
#include "io/directory.hpp"
#include "io/file_status.hpp"
#include "io/listing.hpp"
#include "io/made_directories.hpp"
#include "io/temporaries.hpp"

namespace aerotool::io {

SharedDirectory SharedDirectory::make(const std::string& path) {
  MadeDirectories made;
  made.make(path);
  made.keep();
  auto directory = open_directory(path);
  // The one above names it.
  sync_directory(*open_directory(path_in(path, "..")), path);
  return {path, std::move(directory)};
}

std::optional<SharedDirectory> SharedDirectory::find(const std::string& path) {
  if (type_of(path) != FileType::directory) return std::nullopt;
  return SharedDirectory(path, open_directory(path));
}

Output SharedDirectory::create(const std::string& name) const {
  return Output::in_directory(directory_, name, path_in(path_, name));
}

void SharedDirectory::put(const std::string& name, std::string_view text) const {
  Output output = create(name);
  output.write(bytes_of(text));
  output.commit();
}

std::optional<Version> SharedDirectory::version_of(const std::string& name) const {
  struct stat status {};
  if (::fstatat(directory_->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
    return S_ISREG(status.st_mode) ? std::optional(io::version_of(status)) : std::nullopt;
  if (errno == ENOENT) return std::nullopt;
  throw system_error(path_in(path_, name), "look at", errno);
}

std::optional<std::string> SharedDirectory::text_of(const std::string& name, std::uint64_t most) const {
  const Fd file = open_fd(directory_->get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) {
    if (errno == ENOENT || errno == ELOOP || errno == ENXIO) return std::nullopt;
    throw system_error(path_in(path_, name), "open", errno);
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw system_error(path_in(path_, name), "look at", errno);
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) > most) return std::nullopt;
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error(path_in(path_, name), "read", errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

bool SharedDirectory::may_be_written() const {
  return ::faccessat(directory_->get(), ".", W_OK | X_OK, AT_EACCESS) == 0;
}

std::vector<std::string> SharedDirectory::names() const {
  return names_in(path_);
}

void SharedDirectory::remove(const std::vector<std::string>& names) const {
  const std::unordered_set<std::string> wanted(names.begin(), names.end());
  std::vector<std::string> there;
  try {
    there = this->names();
  } catch (const IoError&) {
    // Another process may have removed all of it.
    if (type_of(path_) == FileType::none) return;
    throw;
  }
  for (const std::string& name : there) {
    if (!wanted.contains(name) && !is_temporary_of(name, wanted)) continue;
    if (::unlinkat(directory_->get(), name.c_str(), 0) != 0 && errno != ENOENT)
      throw system_error(path_in(path_, name), "remove", errno);
  }
}

bool SharedDirectory::remove_itself() const {
  return ::rmdir(path_.c_str()) == 0 || errno == ENOENT;
}

}  // namespace aerotool::io
