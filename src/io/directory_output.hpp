// Several files that take their places in a directory together, so that whoever reads it finds the old ones
// whole, or the new ones whole, or no index (src/BEHAVIOUR.md, "pack-set").
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/fd.hpp"
#include "io/made_directories.hpp"
#include "io/open_file.hpp"
#include "io/output.hpp"
#include "io/temporaries.hpp"

namespace aerotool::io {

class DirectoryOutput {
 public:
  /// Makes the directory where there is none, with those above it, and locks it while this lives. Throws
  /// IoError, also where another run has it locked.
  explicit DirectoryOutput(const std::string& path);
  DirectoryOutput(const DirectoryOutput&) = delete;
  DirectoryOutput& operator=(const DirectoryOutput&) = delete;
  /// Without publish() nothing of what was written is left, nor the directories that were made.
  ~DirectoryOutput() = default;

  const std::string& path() const { return path_; }
  /// The path of a file in it.
  std::string path_of(const std::string& name) const;

  /// Throws IoError where the file system has less room than `bytes`.
  void require_space(std::uint64_t bytes) const;

  /// A new file, which can be seeked and has no place yet. `name` may lie in a directory below, which is
  /// made; a link that has the name is replaced, not followed. Whoever has written it whole calls its
  /// finish(). Thread-safe.
  Output& add(const std::string& name);

  /// What may be the file of that name already: a regular file in its place, and what killed runs have left
  /// of one. Of files that lie in the directory itself. Thread-safe; to be asked once a name.
  struct Leftover {
    OpenFile file;
    std::string temporary;  ///< its name in the directory; empty for the file in its place
    std::uint64_t size = 0;
  };
  /// Throws IoError where the file in its place cannot be opened.
  std::vector<Leftover> leftovers(const std::string& name);
  /// The size of the largest of them. Before they are asked for.
  std::uint64_t leftover_size(const std::string& name) const;
  /// Makes a leftover that has a temporary name the new file, as it is. Thread-safe.
  void adopt(const std::string& name, Leftover leftover);

  /// A file that is whole and on the disk already, in a directory below: publish() moves it to its place.
  /// Without publish() it stays where it is. `from` is its path in this directory.
  void bring(const std::string& name, const std::string& from);

  /// Whether publish() puts a file of that name in place.
  bool has(const std::string& name) const { return files_.contains(name) || brought_.contains(name); }

  /// Puts all files in place, each step on the disk before the next: the old `index` goes, the files come,
  /// the `obsolete` ones go, the new index comes. `index` may be a file that only goes, or empty. Names are
  /// relative to the directory. Where nothing can be put in place the old index comes back.
  void publish(const std::string& index, const std::vector<std::string>& obsolete);

  /// A file that stays as it is counts as made now, for those who compare times (make). Where the system does
  /// not allow that, nothing is lost but work.
  void set_time_to_now(const std::string& name) const;

  /// Removes what killed runs have left of the targets that `ours` accepts.
  void remove_stale(const std::function<bool(const std::string& target)>& ours);

 private:
  void unlink_stale(const std::string& target);
  /// The directory that a file of that name lies in, which is made, without what killed runs have left of it.
  std::shared_ptr<const Fd> open_for(const std::string& name);
  void place_files(const std::string& index);
  void place_brought(const std::string& name, const std::string& from);
  /// The errors of files that could not be removed; empty where all could.
  std::string remove_files(const std::vector<std::string>& names) const;
  void sync() const;

  std::string path_;
  MadeDirectories made_;
  std::shared_ptr<const Fd> directory_;
  std::mutex mutex_;
  std::map<std::string, std::vector<Stale>> stale_;  // by target
  std::map<std::string, std::unique_ptr<Output>> files_;
  std::map<std::string, std::string> brought_;  // where they are, by their names here
  bool any_placed_ = false;
};

/// The regular file of a name in a directory, and what killed runs have left of one; in no order, and without
/// a lock on the directory. What cannot be opened is left out. Throws IoError.
std::vector<OpenFile> placed_and_left(const std::string& directory, const std::string& name);

}  // namespace aerotool::io
