#include "platform/memory.hpp"

#include <malloc.h>
#ifdef __GLIBC__
#include <execinfo.h>
#endif
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <vector>

namespace aerotool::platform {

void advise_large_pages(void* memory, std::size_t bytes) {
  constexpr std::size_t kLargePage = std::size_t{2} << 20;
  void* first = memory;
  if (std::align(kLargePage, kLargePage, first, bytes) == nullptr) return;
  static_cast<void>(::madvise(first, bytes - bytes % kLargePage, MADV_HUGEPAGE));
}

void advise_large_heap() {
#ifdef M_TOP_PAD
  constexpr int kHeap = 32 << 20;
  const auto heap_end = [] { return static_cast<std::byte*>(::sbrk(0)); };
  std::byte* const begin = heap_end();
  // Without the second, the first large free() would give back what the first has asked for.
  if (::mallopt(M_TOP_PAD, kHeap) == 0 || ::mallopt(M_TRIM_THRESHOLD, 2 * kHeap) == 0) return;
  // More than malloc has left, and less than it maps. What is not looked at need not be allocated.
  std::vector<std::byte> more(std::size_t{124} << 10);
  static_cast<volatile std::byte&>(more.front()) = std::byte{1};
  advise_large_pages(begin, static_cast<std::size_t>(heap_end() - begin));
#endif
}

void prepare_unwinding() {
#ifdef __GLIBC__
  void* frame = nullptr;
  static_cast<void>(::backtrace(&frame, 1));
#endif
}

void expect_random_access(void* memory, std::size_t bytes) {
  ::madvise(memory, bytes, MADV_RANDOM);
}

std::uint64_t physical_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) : 0;
}

}  // namespace aerotool::platform
