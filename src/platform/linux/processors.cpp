#include "platform/processors.hpp"

#include <sched.h>

namespace aerotool::platform {

unsigned processors() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  const int count = CPU_COUNT(&allowed);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

}  // namespace aerotool::platform
