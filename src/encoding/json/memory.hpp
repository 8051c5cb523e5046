// RapidJSON's memory. Its own allocator hands a null pointer on where there is none.
#pragma once

#include <rapidjson/allocators.h>

#include <cstddef>
#include <new>

namespace aerotool {

/// An Allocator of RapidJSON that throws std::bad_alloc.
class JsonMemory : public rapidjson::CrtAllocator {
 public:
  void* Malloc(std::size_t size) { return require(CrtAllocator::Malloc(size), size); }
  void* Realloc(void* old, std::size_t old_size, std::size_t size) {
    return require(CrtAllocator::Realloc(old, old_size, size), size);
  }

 private:
  static void* require(void* memory, std::size_t size) {
    if (memory == nullptr && size != 0) throw std::bad_alloc();
    return memory;
  }
};

}  // namespace aerotool
