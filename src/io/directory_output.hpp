// Several files that take their places in a directory together, so that whoever reads it finds the old ones
// whole, or the new ones whole, or no index (design.md, "pack-set").
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/fd.hpp"
#include "io/output.hpp"

namespace aerotool::io {

class DirectoryOutput {
 public:
  /// Makes the directory where there is none, with those above it, and locks it while this lives. Throws
  /// IoError, also where another run has it locked.
  explicit DirectoryOutput(const std::string& path);
  DirectoryOutput(const DirectoryOutput&) = delete;
  DirectoryOutput& operator=(const DirectoryOutput&) = delete;
  /// Without publish() nothing of what was written is left, nor the directories that were made.
  ~DirectoryOutput();

  const std::string& path() const { return path_; }
  /// The path of a file in it.
  std::string path_of(const std::string& name) const;

  /// Throws IoError where the file system has less room than `bytes`.
  void require_space(std::uint64_t bytes) const;

  /// A new file, which can be seeked and has no place yet. `name` may lie in a directory below, which is
  /// made. Whoever has written it whole calls its finish(). Thread-safe.
  Output& add(const std::string& name);
  /// Makes a leftover of the file (Output::leftovers) the new file, as it is. Thread-safe.
  void adopt(const std::string& name, Output::Leftover leftover);

  /// Puts all files in place, each step on the disk before the next: the old `index` goes, the files come,
  /// the `obsolete` ones go, the new index comes. `index` may be a file that only goes, or empty. Names are
  /// relative to the directory.
  void publish(const std::string& index, const std::vector<std::string>& obsolete);

 private:
  void make_directories(const std::string& path);
  void remove(const std::string& name);
  void sync() const;

  std::string path_;
  std::vector<std::string> made_;  // directories, the outermost first
  Fd directory_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Output>> files_;
};

}  // namespace aerotool::io
