// Several files that take their places in a directory together, so that whoever reads it finds the old ones
// whole, or the new ones whole, or no index (design.md, "pack-set").
#pragma once

#include <map>
#include <memory>
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

  /// Throws IoError where the file system has less room than `bytes`.
  void require_space(std::uint64_t bytes) const;

  /// A new file, which can be seeked and has no place yet; finish() it when it is whole. `name` may lie in a
  /// directory below, which is made. Thread-safe.
  Output& add(const std::string& name);

  /// What may already be the file of that name: itself, and temporaries that a killed run has left. Adopting
  /// one makes it the new file as it is. Thread-safe.
  struct Candidate {
    std::shared_ptr<Input> input;
    std::string temporary;  ///< empty for the file itself
    Fd lock;
  };
  std::vector<Candidate> candidates(const std::string& name) const;
  void adopt(const std::string& name, Candidate candidate);

  /// Puts all files in place, each on the disk before the next step: the old `index` goes, the files come,
  /// the `obsolete` ones go, the new index comes. `index` may be a file that only goes, or empty.
  void publish(const std::string& index, const std::vector<std::string>& obsolete);

 private:
  std::string path_;
  std::vector<std::string> made_;  // directories, the outermost first
  Fd directory_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Output>> files_;
  bool published_ = false;
};

}  // namespace aerotool::io
