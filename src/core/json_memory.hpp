// RapidJSON's memory. Its own allocator hands a null pointer on where there is none.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace aerotool {

/// An Allocator of RapidJSON that throws std::bad_alloc.
class JsonMemory {
 public:
  static const bool kNeedFree = true;

  void* Malloc(std::size_t size) { return size == 0 ? nullptr : require(std::malloc(size)); }
  void* Realloc(void* old, std::size_t, std::size_t size) {
    if (size != 0) return require(std::realloc(old, size));
    Free(old);
    return nullptr;
  }
  static void Free(void* memory) { std::free(memory); }

 private:
  static void* require(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
  }
};

}  // namespace aerotool
