#include "io/lost_page.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>

namespace aerotool::io {
namespace {

struct Slot {
  std::atomic<bool> taken{false};
  std::atomic<const char*> begin{nullptr};
  std::atomic<std::size_t> size{0};
  std::atomic<std::atomic<bool>*> lost{nullptr};
};

std::array<Slot, 256> slots;

// Asked for once, since a signal handler may not call sysconf.
const auto kPageSize = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

}  // namespace

int watch_mapping(const char* begin, std::size_t size, std::atomic<bool>* lost) {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].taken.exchange(true)) continue;
    slots[i].lost.store(lost);
    slots[i].size.store(size);
    slots[i].begin.store(begin);
    return static_cast<int>(i);
  }
  return -1;
}

void unwatch_mapping(int slot) {
  Slot& entry = slots.at(static_cast<std::size_t>(slot));
  entry.begin.store(nullptr);
  entry.taken.store(false);
}

bool replace_lost_page(void* address) {
  const auto* at = static_cast<const char*>(address);
  for (Slot& slot : slots) {
    const char* begin = slot.begin.load();
    if (begin == nullptr || at < begin || at >= begin + slot.size.load()) continue;
    // Mappings begin at a page.
    const std::size_t page = static_cast<std::size_t>(at - begin) / kPageSize * kPageSize;
    void* const place = const_cast<char*>(begin) + page;
    if (::mmap(place, kPageSize, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != place)
      return false;
    slot.lost.load()->store(true);
    return true;
  }
  return false;
}

}  // namespace aerotool::io
