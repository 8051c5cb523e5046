// Large pages for memory that is about to be filled: beside a fault for every 4 KiB, filling them with
// tensors costs little.
#pragma once

#include <cstddef>
#include <vector>

namespace aerotool {

/// Asks for large pages where `memory` has room for some. Nothing changes where the system has none.
void advise_large_pages(void* memory, std::size_t bytes);

/// Asks for large pages where the first 32 MiB of small allocations will be: names, mostly. Once, at the
/// start of main.
void advise_large_heap();

/// Room for `count` elements; what is not used costs no memory, but for the rest of a large page.
template <typename T>
void reserve_large(std::vector<T>& elements, std::size_t count) {
  elements.reserve(count);
  advise_large_pages(elements.data(), elements.capacity() * sizeof(T));
}

}  // namespace aerotool
