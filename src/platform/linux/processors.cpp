#include "platform/processors.hpp"

#include <sched.h>
#include <sys/auxv.h>

namespace aerotool::platform {

unsigned processors() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  const int count = CPU_COUNT(&allowed);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

bool has_arm_crc32() {
#if defined(__aarch64__)
  return (::getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#else
  return false;
#endif
}

}  // namespace aerotool::platform
