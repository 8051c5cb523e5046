#include "scratch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace aerotool::fuzz {
namespace {

// What goes wrong here is no finding: the machine is not fit to fuzz on.
void require(bool holds, const char* what) {
  if (holds) return;
  std::perror(what);
  std::_Exit(2);
}

}  // namespace

ScratchDirectory::ScratchDirectory() {
  const char* const in_memory = "/dev/shm";
  const bool usable = ::access(in_memory, W_OK | X_OK) == 0;
  std::string pattern = std::string(usable ? in_memory : "/tmp") + "/aerotool-fuzz-XXXXXX";
  require(::mkdtemp(pattern.data()) != nullptr, "fuzz: mkdtemp");
  directory_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void ScratchDirectory::fill_from(std::string_view data_directory) const {
  std::error_code error;
  const std::filesystem::path from = std::filesystem::path(AEROTOOL_TEST_DATA) / data_directory;
  // To copy a directory with an option, but not recursively, copies nothing.
  for (const auto& entry : std::filesystem::directory_iterator(from, error)) {
    if (!error && entry.is_regular_file())
      std::filesystem::copy_file(entry.path(), directory_ / entry.path().filename(),
                                 std::filesystem::copy_options::overwrite_existing, error);
  }
  require(!error, "fuzz: copying test data");
}

ScratchFile::ScratchFile(const ScratchDirectory& directory, std::string_view name)
    : path_(directory.path_of(name)), fd_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  require(static_cast<bool>(fd_), "fuzz: open");
}

void ScratchFile::set(ByteSpan content) const {
  require(::ftruncate(fd_.get(), static_cast<off_t>(content.size())) == 0, "fuzz: ftruncate");
  const ssize_t put = ::pwrite(fd_.get(), content.data(), content.size(), 0);
  require(put == static_cast<ssize_t>(content.size()), "fuzz: pwrite");
}

}  // namespace aerotool::fuzz
