// Files for tests: temporary ones, and those of tests/data.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace aerotool::test {

inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Changes one byte of a file in its place; writing the file anew waits for the disk on some file systems.
inline void put_byte(const std::string& path, std::size_t at, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The names of what is in a directory, sorted.
inline std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

inline std::string data_path(const std::string& name) {
  return std::string(AEROTOOL_TEST_DATA) + "/" + name;
}

inline std::string data_bytes(const std::string& name) {
  std::string bytes = read_file(data_path(name));
  if (bytes.empty()) throw std::runtime_error("no test data " + name);
  return bytes;
}

/// A directory that goes with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_(std::filesystem::temp_directory_path() / "aerotool-test-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Puts the files of a directory of tests/data into another one.
inline void copy_data(const std::string& name, const TemporaryDirectory& to) {
  for (const std::string& each : names_in(data_path(name)))
    write_file(to.file(each), data_bytes(name + "/" + each));
}

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view bytes) : path_(directory_.file("file")) {
    write_file(path_, bytes);
  }
  const std::string& path() const { return path_; }

 private:
  TemporaryDirectory directory_;
  std::string path_;
};

}  // namespace aerotool::test
