#include "core/large_pages.hpp"

#include <sys/mman.h>

#include <memory>

namespace aerotool {

void advise_large_pages(void* memory, std::size_t bytes) {
  constexpr std::size_t kLargePage = std::size_t{2} << 20;
  void* first = memory;
  if (std::align(kLargePage, kLargePage, first, bytes) == nullptr) return;
  static_cast<void>(::madvise(first, bytes - bytes % kLargePage, MADV_HUGEPAGE));
}

}  // namespace aerotool
