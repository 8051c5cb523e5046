// Files for the targets to open. Each execution writes over the same ones, in memory where the system has
// /dev/shm, so that none pays for making a file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "io/fd.hpp"
#include "io/input.hpp"

namespace aerotool::fuzz {

/// A directory of this process alone, gone when the process ends by itself.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory();

  std::string path_of(std::string_view name) const { return directory_ / name; }
  /// Copies all files of a directory of tests/data into it.
  void fill_from(std::string_view data_directory) const;

 private:
  std::filesystem::path directory_;
};

/// A file whose content is replaced as often as one likes.
class ScratchFile {
 public:
  ScratchFile(const ScratchDirectory& directory, std::string_view name);

  void set(ByteSpan content) const;
  const std::string& path() const { return path_; }
  std::shared_ptr<io::Input> open() const { return io::Input::open(path_); }

 private:
  std::string path_;
  io::Fd fd_;
};

}  // namespace aerotool::fuzz
