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

/// An exception that passes through C of the system's library, as one thrown inside of std::call_once does,
/// takes a library that is loaded then, and ends the process where there is no memory for that. Loads it.
/// Once, at the start of main.
void prepare_unwinding();

/// Of mapped memory, only the pages that are looked at shall be read.
void expect_random_access(void* memory, std::size_t bytes);

/// All the memory that the machine has; 0 where nobody knows.
std::uint64_t physical_memory();

}  // namespace aerotool::platform
