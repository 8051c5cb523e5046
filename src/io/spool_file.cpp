#include "io/spool_file.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/interrupt.hpp"
#include "io/unlinked_file.hpp"

namespace aerotool::io {

SpoolFile::SpoolFile(std::string source)
    : source_(std::move(source)),
      directory_(temporary_directory()),
      fd_(make_unlinked_file(directory_, "spool")) {
  if (!fd_) throw system_error(directory_, "create a temporary file", errno);
}

void SpoolFile::require_space(std::uint64_t bytes) const {
  struct statvfs room {};
  if (::fstatvfs(fd_.get(), &room) != 0) return;
  const std::uint64_t free = static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize;
  if (bytes > free) {
    throw IoError(Where{source_, {}, {}}, "must be stored in " + directory_ +
                                              " while it is processed, which takes " + human_size(bytes) +
                                              " there, but only " + human_size(free) +
                                              " are free (set TMPDIR to use another directory)");
  }
}

void SpoolFile::append(ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd_.get(), bytes.data(), bytes.size());
    if (put < 0) {
      if (errno != EINTR) throw system_error(source_, "keep a copy in " + directory_, errno);
      check_interrupt();
      continue;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

}  // namespace aerotool::io
