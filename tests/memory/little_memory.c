/* Preloaded into aerotool: the machine has LITTLE_MEMORY bytes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

long sysconf(int name) {
  long (*next)(int) = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
  return name == _SC_PHYS_PAGES ? atol(getenv("LITTLE_MEMORY")) / next(_SC_PAGESIZE) : next(name);
}
