// Files that an index names: hostile paths, which may not lead out of the index's directory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/finding_code.hpp"
#include "hash/digest.hpp"
#include "io/input.hpp"
#include "io/link_policy.hpp"
#include "io/open_file.hpp"

namespace aerotool::io {

/// The directory that a path lies in, "." where it names none.
std::string directory_of(const std::string& path);

/// Whether a path leads to an open file by its number, or to a device: no files lie beside it, and its name
/// is no file's.
bool is_of_descriptors(const std::string& path);

/// Throws UsageError where an index is standard input or a device: no files lie beside it.
void require_directory(const std::string& index);

/// Why a path that an index names is refused before anything is looked up: it is empty or absolute, has a
/// ".." or a NUL in it; an empty text where it is not.
std::string path_problem(std::string_view relative);

/// A file in a directory, found as a policy of links allows.
struct Neighbour {
  OpenFile file;
  std::string path;
  std::optional<Digest> sha256;  ///< that its name promises
  std::string problem;           ///< why there is no such file; empty where it is open
  Code code = Code::path;        ///< of the problem
};

/// Opens the regular file `relative` in a directory (empty: the current one). It may be a link inside of the
/// directory; one that leads out of it is followed into a store that the policy knows, or wherever the policy
/// follows every link. Then the directories between are still no links that lead out. A problem is that
/// path_problem() has one, it is too long for a path, a symbolic link leads out of the directory or in a
/// circle, or no regular file is there. Throws IoError where the file cannot be opened.
Neighbour find_in_directory(const std::string& directory, const std::string& relative,
                            const LinkPolicy& links);

/// Opens the regular file `relative` beside `index`, a file; the policy is the file's, too. Throws
/// CorruptError that names the index where there is a problem, IoError.
std::shared_ptr<Input> open_beside(const std::string& index, const std::string& relative,
                                   const LinkPolicy& links);
/// By the policy of an index that is open.
std::shared_ptr<Input> open_beside(const Input& index, const std::string& relative);
/// That open_beside() will be called for these: those on a server are opened side by side.
void expect_beside(const Input& index, const std::vector<std::string>& relatives);

}  // namespace aerotool::io
