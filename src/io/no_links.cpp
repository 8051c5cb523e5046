#include "io/no_links.hpp"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

namespace aerotool::io {
namespace {

std::optional<std::string> link_text(int directory, const std::string& name) {
  std::array<char, PATH_MAX> text{};
  const ssize_t length = ::readlinkat(directory, name.c_str(), text.data(), text.size());
  if (length < 0) return std::nullopt;
  return std::string(text.data(), static_cast<std::size_t>(length));
}

}  // namespace

Fd open_directory_without_links(const std::string& absolute_path) {
  Fd directory = open_fd("/", O_PATH | O_DIRECTORY);
  for (std::string_view rest = absolute_path; directory && !rest.empty();) {
    const auto slash = rest.find('/');
    const std::string name(rest.substr(0, slash));
    if (!name.empty()) directory = open_directory_without_links(directory, name);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return directory;
}

Fd open_directory_without_links(const Fd& directory, const std::string& name) {
  return open_fd(directory.get(), name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

Fd open_file_without_links(const Fd& directory, const std::string& name) {
  // O_NONBLOCK so that a FIFO cannot hold us up.
  return open_fd(directory.get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
}

std::optional<std::string> link_text(const Fd& directory, const std::string& name) {
  return link_text(directory.get(), name);
}

std::optional<std::string> link_text(const std::string& path) {
  return link_text(AT_FDCWD, path);
}

std::string joined_as_text(std::string_view directory, std::string_view text) {
  std::vector<std::string_view> names;
  bool climbs_out = false;
  const auto walk = [&](std::string_view path) {
    while (!path.empty()) {
      const auto slash = path.find('/');
      const std::string_view name = path.substr(0, slash);
      path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
      if (name.empty() || name == ".") continue;
      if (name != "..") {
        names.push_back(name);
      } else if (names.empty()) {
        climbs_out = true;
      } else {
        names.pop_back();
      }
    }
  };
  if (!text.starts_with('/')) walk(directory);
  walk(text);
  if (climbs_out) return {};
  std::string path;
  for (const std::string_view name : names) path += "/" + std::string(name);
  return path;
}

}  // namespace aerotool::io
