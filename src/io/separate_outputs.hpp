// Many files of one directory, each of which is whole by itself: what is done for the directory is done once,
// as ten thousand looks over ten thousand files would take longer than to write them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/fd.hpp"
#include "io/output.hpp"

namespace aerotool::io {

class SeparateOutputs {
 public:
  /// The files called `names` in a directory that is there; an empty path is the current one. Removes what
  /// killed runs have left of them. Throws IoError.
  SeparateOutputs(std::string directory, const std::vector<std::string>& names);

  /// Has `write` write one of them; it is in its place after that. What is a link, a FIFO or a device there
  /// is followed or written to, as Output::to_path does.
  void put(const std::string& name, const std::function<void(Output&)>& write) const;

  /// The places of all that were put reach the disk.
  void sync() const;

 private:
  std::string path_;
  std::shared_ptr<const Fd> directory_;
};

}  // namespace aerotool::io
