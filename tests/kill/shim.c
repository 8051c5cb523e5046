/* Preloaded into aerotool: kills it before its n-th call that changes the disk, as a power cut would.
   KILL_AT is n; without it the calls are counted and their number is written to the file KILL_COUNT. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static void count(void) {
  const long number = atomic_fetch_add(&calls, 1) + 1;
  const char* at = getenv("KILL_AT");
  if (at != NULL && number == atol(at)) kill(getpid(), SIGKILL);
}

__attribute__((destructor)) static void tell(void) {
  const char* path = getenv("KILL_COUNT");
  FILE* file = path != NULL ? fopen(path, "w") : NULL;
  if (file == NULL) return;
  fprintf(file, "%ld\n", (long)calls);
  fclose(file);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  count();
  return NEXT(pwrite)(fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  count();
  return NEXT(pwrite64)(fd, bytes, size, offset);
}

int fsync(int fd) {
  count();
  return NEXT(fsync)(fd);
}

int linkat(int from, const char* old, int to, const char* name, int flags) {
  count();
  return NEXT(linkat)(from, old, to, name, flags);
}

int renameat(int from, const char* old, int to, const char* name) {
  count();
  return NEXT(renameat)(from, old, to, name);
}

int unlinkat(int directory, const char* name, int flags) {
  count();
  return NEXT(unlinkat)(directory, name, flags);
}
