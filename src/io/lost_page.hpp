// A mapped file that shrinks makes a read of the lost part a bus error. The mappings of inputs are listed
// here, so that the signal handler can put a page of zeros there and remember it; the reader goes on and
// Input::require_unchanged() turns it into an error.
#pragma once

#include <atomic>
#include <cstddef>

namespace aerotool::io {

/// Lists a mapping; the slot's number, or -1 where the list is full. `lost` is set when a page is replaced.
int watch_mapping(const char* begin, std::size_t size, std::atomic<bool>* lost);
void unwatch_mapping(int slot);

/// For the signal handler: puts zeros at the page of `address`. False where it is in no listed mapping.
bool replace_lost_page(void* address);

}  // namespace aerotool::io
