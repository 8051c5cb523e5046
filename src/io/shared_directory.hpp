// A directory that several processes, also of several machines, write to at once: no locks, files that appear
// whole by rename, and nothing of the others is taken for stale.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/fd.hpp"
#include "io/identity.hpp"
#include "io/output.hpp"

namespace aerotool::io {

class SharedDirectory {
 public:
  /// Makes it, and those above it, where there is none. Throws IoError.
  static SharedDirectory make(const std::string& path);
  /// Nothing where there is none. Throws IoError.
  static std::optional<SharedDirectory> find(const std::string& path);

  const std::string& path() const { return path_; }

  /// A new file, which has no place before its commit(), and replaces one of that name then.
  Output create(const std::string& name) const;
  /// A small file, whole and on the disk. Throws IoError.
  void put(const std::string& name, std::string_view text) const;

  /// Of the regular file of that name; nothing where there is none, or something else. Throws IoError.
  std::optional<Version> version_of(const std::string& name) const;
  /// The bytes of a regular file that has `most` of them at most, else nothing. Throws IoError.
  std::optional<std::string> text_of(const std::string& name, std::uint64_t most) const;

  /// Whether files can be made in it at all, by this user and on this file system.
  bool may_be_written() const;
  std::vector<std::string> names() const;
  /// Removes these files, and what was on its way to become one of them, whole or not, whoever writes it.
  /// Throws IoError.
  void remove(const std::vector<std::string>& names) const;
  /// Removes the directory itself where it is empty; whether it is gone.
  bool remove_itself() const;

 private:
  SharedDirectory(std::string path, std::shared_ptr<const Fd> directory)
      : path_(std::move(path)), directory_(std::move(directory)) {}

  std::string path_;
  std::shared_ptr<const Fd> directory_;
};

}  // namespace aerotool::io
