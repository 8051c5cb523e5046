// Going from directory to directory without following a link, and reading links as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/fd.hpp"

namespace aerotool::io {

/// The directory at a path from the root, opened for going on from it (not for reading). None, with errno
/// (ENOTDIR, ELOOP), where a component is a link.
Fd open_directory_without_links(const std::string& absolute_path);

/// The same for one directory in another.
Fd open_directory_without_links(const Fd& directory, const std::string& name);

/// A file in a directory, for reading. None, with errno, where it is a link (ELOOP) or cannot be opened; what
/// it is, the caller looks at.
Fd open_file_without_links(const Fd& directory, const std::string& name);

/// The text of a link; none where there is no link of that name. Throws IoError.
std::optional<std::string> link_text(const Fd& directory, const std::string& name);
std::optional<std::string> link_text(const std::string& path);

/// Where a link's text leads from `directory`, a real path, as text: nothing is looked up. Empty where it
/// climbs out of the root, or its meaning depends on what is there: where ".." stands behind a name, or the
/// end is no name.
std::string joined_as_text(std::string_view directory, std::string_view text);

}  // namespace aerotool::io
