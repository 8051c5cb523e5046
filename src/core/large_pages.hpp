// Large pages for memory that is about to be filled: beside a fault for every 4 KiB, filling them with
// tensors costs little.
#pragma once

#include <cstddef>
#include <vector>

#include "platform/memory.hpp"

namespace aerotool {

/// Room for `count` elements; what is not used costs no memory, but for the rest of a large page.
template <typename T>
void reserve_large(std::vector<T>& elements, std::size_t count) {
  elements.reserve(count);
  platform::advise_large_pages(elements.data(), elements.capacity() * sizeof(T));
}

}  // namespace aerotool
