// What a zip archive puts around its members, for maps of files.
#pragma once

#include <memory>

#include "encoding/zip/archive.hpp"
#include "model/known_file.hpp"

namespace aerotool {

/// Adds the headers, members and directory of an archive whose local headers have been read, and which
/// lives as long as the model. What tensors have of a member is theirs.
void add_archive(const zip::Archive& archive, KnownFile& file);

/// The same of a file that may be one, or else anything.
void add_archive_if_any(const std::shared_ptr<const io::Input>& input, KnownFile& file);

}  // namespace aerotool
