// Files that are a head and one data section behind it, written to a directory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "io/input.hpp"
#include "transfer/headed_files.hpp"

namespace aerotool {

struct HeadedSet {
  HeadedFiles files;
  std::string extension;    ///< of the files
  std::string usual_index;  ///< what an index of such a set is called; empty where it never has one
  std::string index_path;   ///< of the one that is written; empty where there is none
  std::string index;
  /// Reads a file of the set by itself.
  std::function<std::unique_ptr<Model>(std::shared_ptr<io::Input>, Report&)> open_file;
  /// Whether the text of another index says the same of the tensors as this one.
  std::function<bool(std::string_view)> same_index;
};

/// Files that an earlier export has left, as numbered_file() calls them, go when these come. The sources are
/// checked over the same read.
std::unique_ptr<SetDraft> draft_of_set(const Plan& plan, HeadedSet set);

}  // namespace aerotool
