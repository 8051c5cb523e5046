// Directories that are made where there are none, and go again where nothing was put into them.
#pragma once

#include <string>
#include <vector>

namespace aerotool::io {

class MadeDirectories {
 public:
  MadeDirectories() = default;
  MadeDirectories(const MadeDirectories&) = delete;
  MadeDirectories& operator=(const MadeDirectories&) = delete;
  /// One in which there is something stays.
  ~MadeDirectories();

  /// Makes a directory where there is none. Throws IoError.
  void make_one(const std::string& path);
  /// Makes a directory and those above it. Throws IoError.
  void make(const std::string& path);
  /// None of those that were made goes.
  void keep() { paths_.clear(); }

 private:
  std::vector<std::string> paths_;  // the outermost first
};

}  // namespace aerotool::io
