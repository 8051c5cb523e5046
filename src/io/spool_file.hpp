// What comes in order and is needed in any: an unlinked file under TMPDIR (else /var/tmp) that it is written
// to.
#pragma once

#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "io/fd.hpp"
#include "io/open_file.hpp"

namespace aerotool::io {

class SpoolFile {
 public:
  /// `source` is what messages call the bytes. Throws IoError.
  explicit SpoolFile(std::string source);

  /// Throws IoError where so many bytes have no room.
  void require_space(std::uint64_t bytes) const;
  void append(ByteSpan bytes);
  OpenFile take() { return OpenFile(std::move(fd_)); }

 private:
  std::string source_;
  std::string directory_;
  Fd fd_;
};

}  // namespace aerotool::io
