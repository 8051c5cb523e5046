// An open file on its way from where it is found to where it becomes an input.
#pragma once

#include <utility>

#include "io/fd.hpp"

namespace aerotool::io {

/// Whoever is outside of this folder hands it on and does not look at its descriptor.
class OpenFile {
 public:
  OpenFile() = default;
  explicit OpenFile(Fd fd) : fd_(std::move(fd)) {}

  explicit operator bool() const { return static_cast<bool>(fd_); }
  /// Whether a regular file is open.
  bool is_regular() const;
  /// The same open file once more; none, with errno, where the system has no more descriptors.
  OpenFile duplicate() const { return OpenFile(fd_.duplicate()); }

  Fd take() { return std::move(fd_); }

 private:
  Fd fd_;
};

}  // namespace aerotool::io
