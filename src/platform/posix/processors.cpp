#include "platform/processors.hpp"

#include <algorithm>
#include <thread>

namespace aerotool::platform {

unsigned processors() {
  return std::max(std::thread::hardware_concurrency(), 1U);
}

}  // namespace aerotool::platform
