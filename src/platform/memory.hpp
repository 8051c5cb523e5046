// Advice to the system about memory. Nothing changes where it takes none.
#pragma once

#include <cstddef>
#include <cstdint>

namespace aerotool::platform {

/// Asks for large pages where `memory` has room for some.
void advise_large_pages(void* memory, std::size_t bytes);

/// Asks for large pages where the first 32 MiB of small allocations will be: names, mostly. Once, at the
/// start of main.
void advise_large_heap();

/// Of mapped memory, only the pages that are looked at shall be read.
void expect_random_access(void* memory, std::size_t bytes);

/// All the memory that the machine has; 0 where nobody knows.
std::uint64_t physical_memory();

}  // namespace aerotool::platform
