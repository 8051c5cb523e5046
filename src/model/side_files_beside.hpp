// Finds the side files of a model that is named by its directory.
#pragma once

#include <string>

#include "io/link_policy.hpp"
#include "model/side_files.hpp"

namespace aerotool {

/// The files in the directory of `index`, the file that stands for a model, and in those below it, which are
/// called as side files are; nothing hidden, and no directory that is a link. What cannot be carried (too
/// large, too many, too deep, a link that may not be followed, a name that no side file can have) is in
/// `left_out`. Links lead where the policy of links lets them. The directory `passed_over`, if any, is not
/// looked into: what is written there is no part of what was read. Throws IoError where a directory or a file
/// cannot be read.
SideFiles side_files_beside(const std::string& index, const io::LinkPolicy& links,
                            const std::string& passed_over = {});

}  // namespace aerotool
