#include "platform/files.hpp"

namespace aerotool::platform {
namespace {

// A part of POSIX that not every system has.
#ifdef POSIX_FADV_NORMAL
void advise(int file, std::uint64_t offset, std::uint64_t length, int advice) {
  ::posix_fadvise(file, static_cast<off_t>(offset), static_cast<off_t>(length), advice);
}
#else
constexpr int POSIX_FADV_NORMAL = 0;
constexpr int POSIX_FADV_RANDOM = 0;
constexpr int POSIX_FADV_SEQUENTIAL = 0;
constexpr int POSIX_FADV_DONTNEED = 0;
void advise(int, std::uint64_t, std::uint64_t, int) {}
#endif

}  // namespace

void expect_random_reads(int file) {
  advise(file, 0, 0, POSIX_FADV_RANDOM);
}

void expect_sequential_reads(int file) {
  advise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
}

void expect_any_reads(int file) {
  advise(file, 0, 0, POSIX_FADV_NORMAL);
}

void give_back(int file, std::uint64_t offset, std::uint64_t length) {
  advise(file, offset, length, POSIX_FADV_DONTNEED);
}

}  // namespace aerotool::platform
