// Where what is extracted goes: to one file or stream, or to a directory of files.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "io/output.hpp"
#include "model/model.hpp"

namespace aerotool::tasks {

class Destination {
 public:
  /// As ExtractRequest::output.
  explicit Destination(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  bool is_standard_output() const { return path_ == "-"; }
  bool is_one_file() const;

  /// No file of the model, or of the set that it is a part of, is written over. `names` are those of the
  /// files in a directory.
  void require_other_files(const Model& model, const std::vector<std::string>& names) const;

  /// Writes the only file, which has the number 0, or each of those that have names.
  using Write = std::function<void(std::size_t number, io::Output& output)>;
  void write(const std::vector<std::string>& names, const Write& write) const;

 private:
  std::string path_;
};

}  // namespace aerotool::tasks
