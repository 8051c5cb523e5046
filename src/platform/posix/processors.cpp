#include "platform/processors.hpp"

#include <algorithm>
#include <thread>

namespace aerotool::platform {

unsigned processors() {
  return std::max(std::thread::hardware_concurrency(), 1U);
}

bool has_arm_crc32() {
  return false;
}

}  // namespace aerotool::platform
