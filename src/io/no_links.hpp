// Going from directory to directory without following a link, and reading links as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "io/open_file.hpp"

namespace aerotool::io {

/// A directory that was reached without following a link.
class LinklessDirectory {
 public:
  /// At a path from the root. None, with errno (ENOTDIR, ELOOP), where a component is a link.
  static LinklessDirectory at(const std::string& absolute_path);

  explicit operator bool() const { return static_cast<bool>(fd_); }

  /// A directory in it; none, with errno, where it is a link or cannot be opened.
  LinklessDirectory below(const std::string& name) const;
  /// A file in it, for reading. None, with errno, where it is a link (ELOOP) or cannot be opened; what it is,
  /// the caller looks at.
  OpenFile file(const std::string& name) const;
  /// Whether a regular file, and no link, has the name.
  bool has_regular_file(const std::string& name) const;
  /// The text of a link in it; none where there is no link of that name. Throws IoError.
  std::optional<std::string> link_text(const std::string& name) const;

 private:
  explicit LinklessDirectory(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

/// A file, for reading, that is no link itself. None, with errno, where it is one (ELOOP) or cannot be
/// opened; what it is, the caller looks at.
OpenFile open_unless_link(const std::string& path);

/// The text of a link; none where there is no link at the path. Throws IoError.
std::optional<std::string> link_text(const std::string& path);

/// Where a link's text leads from `directory`, a real path, as text: nothing is looked up. Empty where it
/// climbs out of the root, or its meaning depends on what is there: where ".." stands behind a name, or the
/// end is no name.
std::string joined_as_text(std::string_view directory, std::string_view text);

}  // namespace aerotool::io
