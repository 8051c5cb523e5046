#include "io/no_links.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/error.hpp"
#include "platform/files.hpp"

namespace aerotool::io {
namespace {

// O_NONBLOCK so that a FIFO cannot hold us up.
constexpr int kReadOneFile = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

std::optional<std::string> link_text_in(int directory, const std::string& name) {
  std::array<char, PATH_MAX> text{};
  const ssize_t length = ::readlinkat(directory, name.c_str(), text.data(), text.size());
  if (length < 0) {
    for (const int no_link : {EINVAL, ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG}) {
      if (errno == no_link) return std::nullopt;
    }
    throw system_error(name, "read the link", errno);
  }
  return std::string(text.data(), static_cast<std::size_t>(length));
}

}  // namespace

LinklessDirectory LinklessDirectory::at(const std::string& absolute_path) {
  LinklessDirectory directory(open_fd("/", platform::directory_handle_flags()));
  for (std::string_view rest = absolute_path; directory && !rest.empty();) {
    const auto slash = rest.find('/');
    const std::string name(rest.substr(0, slash));
    if (!name.empty()) directory = directory.below(name);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return directory;
}

LinklessDirectory LinklessDirectory::below(const std::string& name) const {
  return LinklessDirectory(open_fd(fd_.get(), name, platform::directory_handle_flags() | O_NOFOLLOW));
}

OpenFile LinklessDirectory::file(const std::string& name) const {
  return OpenFile(open_fd(fd_.get(), name, kReadOneFile));
}

bool LinklessDirectory::has_regular_file(const std::string& name) const {
  struct ::stat status {};
  return ::fstatat(fd_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
}

std::optional<std::string> LinklessDirectory::link_text(const std::string& name) const {
  return link_text_in(fd_.get(), name);
}

OpenFile open_unless_link(const std::string& path) {
  return OpenFile(open_fd(path, kReadOneFile));
}

std::optional<std::string> link_text(const std::string& path) {
  return link_text_in(AT_FDCWD, path);
}

std::string joined_as_text(std::string_view directory, std::string_view text) {
  std::string path(text.starts_with('/') || directory == "/" ? std::string_view{} : directory);
  bool named = false;
  while (!text.empty()) {
    const auto slash = text.find('/');
    const std::string_view name = text.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    text = last ? std::string_view{} : text.substr(slash + 1);
    const bool is_name = !name.empty() && name != "." && name != "..";
    if (last ? !is_name : text.empty()) return {};
    if (is_name) {
      path += "/" + std::string(name);
      named = true;
    } else if (name == "..") {
      if (named || path.empty()) return {};
      path.resize(path.rfind('/'));
    }
  }
  return named ? path : std::string{};
}

}  // namespace aerotool::io
