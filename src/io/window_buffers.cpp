#include "io/window_buffers.hpp"

#include <new>
#include <utility>

namespace aerotool::io {

WindowBuffers::Buffer WindowBuffers::take_locked() {
  Buffer buffer;
  if (free_.empty()) {
    buffer = std::make_unique_for_overwrite<std::byte[]>(kBytes);
  } else {
    buffer = std::move(free_.back());
    free_.pop_back();
  }
  ++used_;
  return buffer;
}

WindowBuffers::Buffer WindowBuffers::take() {
  const std::lock_guard lock(mutex_);
  return take_locked();
}

WindowBuffers::Buffer WindowBuffers::take_spare() {
  const std::lock_guard lock(mutex_);
  return used_ < kMost ? take_locked() : nullptr;
}

void WindowBuffers::give_back(Buffer buffer) noexcept {
  const std::lock_guard lock(mutex_);
  --used_;
  try {
    free_.push_back(std::move(buffer));
  } catch (const std::bad_alloc&) {
    // Then it is free for all.
  }
}

bool WindowBuffers::is_short() const {
  const std::lock_guard lock(mutex_);
  return used_ >= kMost;
}

}  // namespace aerotool::io
