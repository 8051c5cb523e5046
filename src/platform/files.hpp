// What systems do with files in ways of their own. All of it is help or advice: where a system has none of
// it, a function says so, or does nothing, and its caller goes another way.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace aerotool::platform {

/// Flags with which a directory is opened for a new file in it that has no name, and goes when it is closed;
/// 0 where there is no such thing.
int nameless_flags();

/// Whether give_name() can work.
bool can_give_names();
/// Gives a file that was opened without a name one. False, with errno, where that fails.
bool give_name(int file, int directory, const char* name);

/// A path by which an open file of this process can be opened anew, with flags of its own; empty where there
/// is none.
std::string own_path(int file);

/// Flags for a directory that is opened only for going on from it.
int directory_handle_flags();

/// Pages that were written begin to go to the disk; all of them have got there.
void begin_write_out(int file, std::uint64_t offset, std::uint64_t length);
void finish_write_out(int file, std::uint64_t offset, std::uint64_t length);

/// Where the hole ends that a file has at `offset`, whose bytes are zeros and nowhere stored; `offset` itself
/// where there is none, or nobody knows. Nothing where it reaches to the end of the file.
std::optional<std::uint64_t> end_of_hole(int file, std::uint64_t offset);

/// How a file will be read.
void expect_random_reads(int file);
void expect_sequential_reads(int file);
void expect_any_reads(int file);
/// Pages that will not be used again; a length of 0 is all that follows.
void give_back(int file, std::uint64_t offset, std::uint64_t length);

/// Directories in which a name is the number of an open file of this process, on any system.
inline constexpr std::array<std::string_view, 2> kDescriptorDirectories = {"/proc/self/fd/", "/dev/fd/"};

/// When the content was changed last.
inline struct timespec modification_time(const struct ::stat& status) {
#ifdef __APPLE__
  return status.st_mtimespec;
#else
  return status.st_mtim;
#endif
}

}  // namespace aerotool::platform
