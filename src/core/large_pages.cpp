#include "core/large_pages.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>

namespace aerotool {

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

}  // namespace aerotool
