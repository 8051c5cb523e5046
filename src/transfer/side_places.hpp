// Where side files go in a directory that may hold files of their names.
#pragma once

#include <string>
#include <vector>

#include "model/side_files.hpp"

namespace aerotool {

struct SidePlaces {
  std::vector<SideFile> written;      ///< those that are not there yet, byte for byte
  std::vector<std::string> replaced;  ///< the paths of those among them in whose places is something else
};

/// Looks for the files in a directory, which need not be there. What is a link counts as something else.
/// Throws IoError where that cannot be read.
SidePlaces side_places(const std::vector<SideFile>& files, const std::string& directory);

}  // namespace aerotool
