/* Preloaded into aerotool: makes the machine fail at one call of the system.

   Calls are counted by their class (the names below, and "any" for all of them but "memory"), from main on.
     FAILING_COUNT   a file to write "CLASS NUMBER" lines to at main's end: how many calls there were,
                     and "struck 1" where one of them was disturbed
     FAILING_CLASS   the class to disturb
     FAILING_AT      the number of the call in its class, from 1
     FAILING_HOW     what happens to it:
                       errno:N     it fails, and did nothing; close does close
                       short       a read or a write does half of what was asked
                       signal:N    the process gets a signal before the call
                       lie         a file system has all the room that is asked for
                       lost        no page of a mapping can be read, as on a disk that fails
                       truncate:N  FAILING_FILE is cut to N bytes before the call
                       grow        FAILING_FILE has a byte more
                       scribble    half of FAILING_FILE has other bytes
                       replace     FAILING_OTHER is renamed to FAILING_FILE
                       remove      FAILING_FILE is removed
     FAILING_ON      set: so do all later calls of the class
     FAILING_NO_TMPFILE  set: no file system has O_TMPFILE */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define CLASSES(X)                                                                                           \
  X(read) X(write) X(sync) X(dirsync) X(open) X(opendir) X(create) X(tmpfile) X(mkdir) X(rename) X(link)     \
  X(unlink) X(truncate) X(close) X(map) X(thread) X(stat) X(space) X(lock) X(mode) X(seek) X(dup) X(list)    \
  X(poll) X(memory) X(any)
enum class {
#define NAME(name) c_##name,
  CLASSES(NAME)
#undef NAME
  kClasses
};
static const char* const names[] = {
#define NAME(name) #name,
    CLASSES(NAME)
#undef NAME
};
enum how { h_nothing, h_errno, h_short, h_signal, h_lie, h_lost, h_truncate, h_grow, h_scribble, h_replace,
           h_remove };
static const char* const hows[] = {"",     "errno", "short",    "signal",  "lie",   "lost",
                                   "truncate", "grow",  "scribble", "replace", "remove"};

static atomic_long counts[kClasses];
static atomic_int armed;
static atomic_int struck;
static int wanted_class = -1;
static long wanted_number;
static int on_and_on;
static int no_tmpfile;
static enum how how;
static long how_value;
static const char* file;
static const char* other;

static void scribble(void) {
  struct stat status;
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR);
  if (fd < 0 || syscall(SYS_fstat, fd, &status) != 0) return;
  static char noise[1 << 16];
  memset(noise, 0x5a, sizeof noise);
  for (long at = status.st_size / 2; at < status.st_size; at += (long)sizeof noise) {
    const long rest = status.st_size - at;
    syscall(SYS_pwrite64, fd, noise, rest < (long)sizeof noise ? rest : (long)sizeof noise, at);
  }
  syscall(SYS_close, fd);
}

/* Counts a call; what is to happen to it, where that is left to the caller. */
static enum how meet(enum class class) {
  if (!armed) return h_nothing;
  const long number = atomic_fetch_add(&counts[class], 1) + 1;
  const long of_all = class == c_memory ? 0 : atomic_fetch_add(&counts[c_any], 1) + 1;
  long met;
  if (wanted_class == (int)class) {
    met = number;
  } else if (wanted_class == c_any && class != c_memory) {
    met = of_all;
  } else {
    return h_nothing;
  }
  if (on_and_on ? met < wanted_number : met != wanted_number) return h_nothing;
  struck = 1;
  const int before = errno;
  int grown;
  switch (how) {
    case h_signal:
      syscall(SYS_kill, (long)getpid(), how_value);
      break;
    case h_truncate:
      syscall(SYS_truncate, file, how_value);
      break;
    case h_grow:
      grown = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_APPEND);
      syscall(SYS_write, grown, "x", 1L);
      syscall(SYS_close, grown);
      break;
    case h_scribble:
      scribble();
      break;
    case h_replace:
      syscall(SYS_rename, other, file);
      break;
    case h_remove:
      syscall(SYS_unlink, file);
      break;
    default:
      return how;
  }
  errno = before;
  return h_nothing;
}

static int fails(enum class class) {
  if (meet(class) != h_errno) return 0;
  errno = (int)how_value;
  return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* ---- main's beginning and end */

static int (*real_main)(int, char**, char**);

static void tell(void) {
  const char* path = getenv("FAILING_COUNT");
  if (path == NULL) return;
  char text[1024];
  int length = 0;
  for (int i = 0; i < kClasses; ++i)
    length += snprintf(text + length, sizeof text - (size_t)length, "%s %ld\n", names[i], (long)counts[i]);
  length += snprintf(text + length, sizeof text - (size_t)length, "struck %d\n", (int)struck);
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  syscall(SYS_write, fd, text, (long)length);
  syscall(SYS_close, fd);
}

static int our_main(int argc, char** argv, char** environment) {
  const char* class = getenv("FAILING_CLASS");
  const char* action = getenv("FAILING_HOW");
  for (int i = 0; class != NULL && i < kClasses; ++i)
    if (strcmp(class, names[i]) == 0) wanted_class = i;
  if (getenv("FAILING_AT") != NULL) wanted_number = atol(getenv("FAILING_AT"));
  on_and_on = getenv("FAILING_ON") != NULL;
  no_tmpfile = getenv("FAILING_NO_TMPFILE") != NULL;
  file = getenv("FAILING_FILE");
  other = getenv("FAILING_OTHER");
  if (action != NULL) {
    const size_t word = strcspn(action, ":");
    for (int i = 1; i < (int)(sizeof hows / sizeof *hows); ++i)
      if (strlen(hows[i]) == word && strncmp(action, hows[i], word) == 0) how = (enum how)i;
    if (action[word] == ':') how_value = atol(action + word + 1);
  }
  armed = 1;
  const int status = real_main(argc, argv, environment);
  armed = 0;
  tell();
  return status;
}

int __libc_start_main(int (*program)(int, char**, char**), int argc, char** argv, void (*init)(void),
                      void (*end)(void), void (*loader_end)(void), void* stack) {
  real_main = program;
  int (*const next)(int (*)(int, char**, char**), int, char**, void (*)(void), void (*)(void), void (*)(void),
                    void*) = dlsym(RTLD_NEXT, "__libc_start_main");
  return next(our_main, argc, argv, init, end, loader_end, stack);
}

/* ---- bytes */

#define TRANSFER(class, name, bytes_type, offset_parameter, offset_argument)                                 \
  ssize_t name(int fd, bytes_type bytes, size_t size offset_parameter) {                                     \
    switch (meet(class)) {                                                                                   \
      case h_errno:                                                                                          \
        errno = (int)how_value;                                                                              \
        return -1;                                                                                           \
      case h_short:                                                                                          \
        size = size > 1 ? size / 2 : size;                                                                   \
        break;                                                                                               \
      default:                                                                                               \
        break;                                                                                               \
    }                                                                                                        \
    return NEXT(name)(fd, bytes, size offset_argument);                                                      \
  }
#define COMMA ,
#define NONE
TRANSFER(c_read, read, void*, NONE, NONE)
TRANSFER(c_read, pread, void*, COMMA off_t offset, COMMA offset)
TRANSFER(c_read, pread64, void*, COMMA off64_t offset, COMMA offset)
TRANSFER(c_write, write, const void*, NONE, NONE)
TRANSFER(c_write, pwrite, const void*, COMMA off_t offset, COMMA offset)
TRANSFER(c_write, pwrite64, const void*, COMMA off64_t offset, COMMA offset)

#define VECTOR(class, name, offset_parameter, offset_argument)                                               \
  ssize_t name(int fd, const struct iovec* bytes, int count offset_parameter) {                              \
    switch (meet(class)) {                                                                                   \
      case h_errno:                                                                                          \
        errno = (int)how_value;                                                                              \
        return -1;                                                                                           \
      case h_short:                                                                                          \
        count = count > 1 ? count / 2 : count;                                                               \
        break;                                                                                               \
      default:                                                                                               \
        break;                                                                                               \
    }                                                                                                        \
    return NEXT(name)(fd, bytes, count offset_argument);                                                     \
  }
VECTOR(c_read, readv, NONE, NONE)
VECTOR(c_read, preadv, COMMA off_t offset, COMMA offset)
VECTOR(c_read, preadv64, COMMA off64_t offset, COMMA offset)
VECTOR(c_write, writev, NONE, NONE)
VECTOR(c_write, pwritev, COMMA off_t offset, COMMA offset)
VECTOR(c_write, pwritev64, COMMA off64_t offset, COMMA offset)

/* ---- calls that succeed or fail */

#define SIMPLE(class, result, name, parameters, arguments)                                                   \
  result name parameters {                                                                                   \
    if (fails(class)) return (result)-1;                                                                     \
    return NEXT(name) arguments;                                                                             \
  }

SIMPLE(c_write, ssize_t, copy_file_range,
       (int in, off64_t* in_at, int out, off64_t* out_at, size_t size, unsigned flags),
       (in, in_at, out, out_at, size, flags))
SIMPLE(c_write, ssize_t, sendfile, (int out, int in, off_t* at, size_t size), (out, in, at, size))
SIMPLE(c_rename, int, rename, (const char* from, const char* to), (from, to))
SIMPLE(c_rename, int, renameat, (int a, const char* from, int b, const char* to), (a, from, b, to))
SIMPLE(c_rename, int, renameat2, (int a, const char* from, int b, const char* to, unsigned flags),
       (a, from, b, to, flags))
SIMPLE(c_link, int, link, (const char* from, const char* to), (from, to))
SIMPLE(c_link, int, linkat, (int a, const char* from, int b, const char* to, int flags),
       (a, from, b, to, flags))
SIMPLE(c_unlink, int, unlink, (const char* path), (path))
SIMPLE(c_unlink, int, unlinkat, (int directory, const char* path, int flags), (directory, path, flags))
SIMPLE(c_unlink, int, rmdir, (const char* path), (path))
SIMPLE(c_truncate, int, truncate, (const char* path, off_t size), (path, size))
SIMPLE(c_truncate, int, ftruncate, (int fd, off_t size), (fd, size))
SIMPLE(c_truncate, int, ftruncate64, (int fd, off64_t size), (fd, size))
SIMPLE(c_truncate, int, fallocate, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size))
SIMPLE(c_truncate, int, fallocate64, (int fd, int mode, off64_t at, off64_t size), (fd, mode, at, size))
SIMPLE(c_mkdir, int, mkdir, (const char* path, mode_t mode), (path, mode))
SIMPLE(c_create, int, mkstemp, (char* path), (path))
SIMPLE(c_create, int, mkstemp64, (char* path), (path))
SIMPLE(c_create, int, creat, (const char* path, mode_t mode), (path, mode))
SIMPLE(c_stat, int, fstat, (int fd, struct stat* status), (fd, status))
SIMPLE(c_stat, int, stat, (const char* path, struct stat* status), (path, status))
SIMPLE(c_stat, int, lstat, (const char* path, struct stat* status), (path, status))
SIMPLE(c_stat, int, fstatat, (int directory, const char* path, struct stat* status, int flags),
       (directory, path, status, flags))
SIMPLE(c_stat, ssize_t, readlink, (const char* path, char* text, size_t size), (path, text, size))
SIMPLE(c_stat, int, access, (const char* path, int mode), (path, mode))
SIMPLE(c_lock, int, flock, (int fd, int operation), (fd, operation))
SIMPLE(c_mode, int, fchmod, (int fd, mode_t mode), (fd, mode))
SIMPLE(c_seek, off_t, lseek, (int fd, off_t at, int from), (fd, at, from))
SIMPLE(c_dup, int, dup, (int fd), (fd))

int posix_fallocate(int fd, off_t at, off_t size) {
  if (meet(c_truncate) == h_errno) return (int)how_value;
  return NEXT(posix_fallocate)(fd, at, size);
}

int close(int fd) {
  const int failed = fails(c_close);
  const int result = NEXT(close)(fd);
  if (!failed) return result;
  errno = (int)how_value;
  return -1;
}

#define SYNC(name)                                                                                           \
  int name(int fd) {                                                                                         \
    struct stat status;                                                                                      \
    const int directory = syscall(SYS_fstat, fd, &status) == 0 && S_ISDIR(status.st_mode);                   \
    if (fails(directory ? c_dirsync : c_sync)) return -1;                                                    \
    return NEXT(name)(fd);                                                                                   \
  }
SYNC(fsync)
SYNC(fdatasync)

#define SPACE(name, type, subject)                                                                           \
  int name(subject, type* room) {                                                                            \
    const enum how met = meet(c_space);                                                                      \
    if (met == h_errno) {                                                                                    \
      errno = (int)how_value;                                                                                \
      return -1;                                                                                             \
    }                                                                                                        \
    const int result = NEXT(name)(at, room);                                                                 \
    if (met == h_lie) room->f_bavail = 1L << 40;                                                             \
    return result;                                                                                           \
  }
SPACE(statvfs, struct statvfs, const char* at)
SPACE(fstatvfs, struct statvfs, int at)

/* ---- descriptors */

static enum class class_of(int flags) {
  if ((flags & O_TMPFILE) == O_TMPFILE) return c_tmpfile;
  if (flags & O_CREAT) return c_create;
  return flags & O_DIRECTORY ? c_opendir : c_open;
}

#define MODE                                                                                                 \
  mode_t mode = 0;                                                                                           \
  if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) {                                               \
    va_list rest;                                                                                            \
    va_start(rest, flags);                                                                                   \
    mode = va_arg(rest, mode_t);                                                                             \
    va_end(rest);                                                                                            \
  }                                                                                                          \
  if (fails(class_of(flags))) return -1;                                                                     \
  if (no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) return errno = EOPNOTSUPP, -1;
int open(const char* path, int flags, ...) {
  MODE return NEXT(open)(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  MODE return NEXT(open64)(path, flags, mode);
}
int openat(int directory, const char* path, int flags, ...) {
  MODE return NEXT(openat)(directory, path, flags, mode);
}
int openat64(int directory, const char* path, int flags, ...) {
  MODE return NEXT(openat64)(directory, path, flags, mode);
}

int fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) && fails(c_dup)) return -1;
  return NEXT(fcntl)(fd, command, argument);
}

DIR* opendir(const char* path) {
  return fails(c_list) ? NULL : NEXT(opendir)(path);
}
DIR* fdopendir(int fd) {
  return fails(c_list) ? NULL : NEXT(fdopendir)(fd);
}
struct dirent* readdir(DIR* directory) {
  return fails(c_list) ? NULL : NEXT(readdir)(directory);
}
struct dirent64* readdir64(DIR* directory) {
  return fails(c_list) ? NULL : NEXT(readdir64)(directory);
}


SIMPLE(c_poll, int, poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout))

/* ---- memory and threads */

#define MAP(name, offset_type)                                                                               \
  void* name(void* place, size_t size, int protection, int flags, int fd, offset_type offset) {              \
    if (fd < 0) return NEXT(name)(place, size, protection, flags, fd, offset);                               \
    switch (meet(c_map)) {                                                                                   \
      case h_errno:                                                                                          \
        errno = (int)how_value;                                                                              \
        return MAP_FAILED;                                                                                   \
      case h_lost: {                                                                                         \
        const int empty = (int)syscall(SYS_memfd_create, "lost", 0);                                         \
        void* const lost = NEXT(name)(place, size, protection, flags, empty, offset);                        \
        syscall(SYS_close, empty);                                                                           \
        return lost;                                                                                         \
      }                                                                                                      \
      default:                                                                                               \
        return NEXT(name)(place, size, protection, flags, fd, offset);                                       \
    }                                                                                                        \
  }
MAP(mmap, off_t)
MAP(mmap64, off64_t)

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
  if (meet(c_thread) == h_errno) return (int)how_value;
  return NEXT(pthread_create)(thread, attributes, run, argument);
}

#ifndef WITH_SANITIZER
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) {
  return fails(c_memory) ? NULL : __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  return fails(c_memory) ? NULL : __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  return fails(c_memory) ? NULL : __libc_realloc(old, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  return fails(c_memory) ? NULL : __libc_memalign(alignment, size);
}
#endif
