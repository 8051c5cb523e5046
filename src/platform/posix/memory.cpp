#include "platform/memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace aerotool::platform {

void advise_large_pages(void*, std::size_t) {}

void advise_large_heap() {}

void prepare_unwinding() {}

void expect_random_access(void* memory, std::size_t bytes) {
  ::posix_madvise(memory, bytes, POSIX_MADV_RANDOM);
}

std::uint64_t physical_memory() {
// POSIX knows the size of a page, and not how many there are.
#ifdef _SC_PHYS_PAGES
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0) return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
#endif
  return 0;
}

}  // namespace aerotool::platform
