#include "io/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/directory.hpp"
#include "io/interrupt.hpp"
#include "io/temporaries.hpp"
#include "platform/files.hpp"

namespace aerotool::io {
namespace {

struct Target {
  std::string directory;
  std::string name;
};

Target split(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

/// The number of our own open file that a path such as /dev/stdout leads to by way of /proc/self/fd or
/// /dev/fd.
std::optional<int> own_descriptor(const std::string& path) {
  for (const std::string_view directory : platform::kDescriptorDirectories) {
    if (!path.starts_with(directory)) continue;
    const std::string_view digits = std::string_view(path).substr(directory.size());
    int number = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (result.ec == std::errc() && result.ptr == digits.data() + digits.size()) return number;
  }
  return std::nullopt;
}

/// Follows symbolic links, the last of which may point to nothing yet; stops at one of our own open files.
std::string resolve_links(std::string path) {
  constexpr int kMaxLinks = 40;
  for (int i = 0; i < kMaxLinks; ++i) {
    if (own_descriptor(path)) return path;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return path;
    std::array<char, PATH_MAX> text{};
    const ssize_t length = ::readlink(path.c_str(), text.data(), text.size());
    if (length < 0) throw system_error(path, "follow the link", errno);
    const std::string link(text.data(), static_cast<std::size_t>(length));
    path = link.starts_with('/') ? link : split(path).directory + "/" + link;
  }
  throw system_error(path, "follow the link", ELOOP);
}

bool is_zero(ByteSpan bytes) {
  return bytes.front() == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

/// Calls `write`. The system refuses pages of a mapped file that shrank; whoever reads them gets zeros, and
/// the input says that it has changed (io/lost_page.hpp). So these are read first.
template <typename Write>
ssize_t with_lost_pages(ByteSpan bytes, Write write) {
  const ssize_t put = write(bytes);
  if (put >= 0 || errno != EFAULT) return put;
  constexpr std::size_t kMostCopied = std::size_t{64} << 10;
  const ByteSpan some = bytes.first(std::min(kMostCopied, bytes.size()));
  const std::vector<std::byte> copy(some.begin(), some.end());
  return write(copy);
}

struct Extent {
  std::size_t length = 0;  // of bytes that are written
  std::size_t hole = 0;    // of zeros behind them
};

/// `bytes` stand at `offset` of a file.
Extent data_before_hole(std::uint64_t offset, ByteSpan bytes) {
  std::size_t zeros = 0;  // that end at `at`
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::size_t block =
        std::min<std::size_t>(bytes.size() - at, kHoleBlock - (offset + at) % kHoleBlock);
    const bool is_hole = block == kHoleBlock && is_zero(bytes.subspan(at, block));
    if (!is_hole && zeros >= kLeastHole) break;
    zeros = is_hole ? zeros + block : 0;
    at += block;
  }
  if (zeros < kLeastHole) return {bytes.size(), 0};
  return {at - zeros, zeros};
}

}  // namespace

Output::Output(Output&& other) noexcept
    : fd_(std::move(other.fd_)),
      name_(std::move(other.name_)),
      may_block_(other.may_block_),
      replaces_(other.replaces_),
      directory_(std::move(other.directory_)),
      target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      written_(other.written_),
      leaves_out_zeros_(other.leaves_out_zeros_),
      end_(other.end_.load()),
      placed_(other.placed_) {}

Output::~Output() {
  discard();
}

void Output::discard() noexcept {
  if (!temporary_.empty()) ::unlinkat(directory_->get(), temporary_.c_str(), 0);
  temporary_.clear();
}

Output Output::stream(Fd fd, const std::string& name) {
  if (::isatty(fd.get()) == 1)
    throw UsageError(describe({name, {}, {}}, "model bytes are not written to a terminal"));
  struct stat status {};
  if (::fstat(fd.get(), &status) == 0 && S_ISFIFO(status.st_mode)) {
    // A description of our own that does not block, so that a signal is noticed while the reader sleeps. The
    // flag on the one we were given would be seen by everybody who shares it.
    const std::string path = platform::own_path(fd.get());
    Fd own = path.empty() ? Fd() : open_fd(path, O_WRONLY | O_NONBLOCK);
    if (own) return {std::move(own), name};
    Output output(std::move(fd), name);
    output.may_block_ = true;
    return output;
  }
  return {std::move(fd), name};
}

Output Output::to_path(const std::string& path) {
  const std::string resolved = resolve_links(path);
  if (const auto own = own_descriptor(resolved)) {
    Fd copy(::fcntl(*own, F_DUPFD_CLOEXEC, 0));
    if (!copy) throw system_error(path, "write", errno);
    return stream(std::move(copy), path);
  }
  struct stat old {};
  const bool exists = ::stat(path.c_str(), &old) == 0;
  if (!exists && errno != ENOENT) throw system_error(path, "write", errno);
  if (exists && S_ISDIR(old.st_mode)) throw system_error(path, "write", EISDIR);
  if (exists && !S_ISREG(old.st_mode)) {
    Fd fd = open_fd(path, O_WRONLY);
    if (!fd) throw system_error(path, "write", errno);
    return stream(std::move(fd), path);
  }

  const auto [directory, name] = split(resolved);
  if (name.empty()) throw system_error(path, "write", exists ? EISDIR : ENOENT);
  auto directory_fd = std::make_shared<const Fd>(open_fd(directory, O_RDONLY | O_DIRECTORY));
  if (!*directory_fd) throw system_error(path, "open the directory of the output", errno);
  remove_stale(directory_fd->get(), {name});
  return create(std::move(directory_fd), name, path, exists ? std::optional(old.st_mode) : std::nullopt);
}

Output Output::in_directory(std::shared_ptr<const Fd> directory, const std::string& name,
                            const std::string& path) {
  struct stat old {};
  const bool exists = ::fstatat(directory->get(), name.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0;
  if (!exists && errno != ENOENT) throw system_error(path, "write", errno);
  if (exists && !S_ISREG(old.st_mode) && !S_ISLNK(old.st_mode))
    throw IoError({path, {}, {}}, "exists and is not a regular file");
  const bool regular = exists && S_ISREG(old.st_mode);
  return create(std::move(directory), name, path, regular ? std::optional(old.st_mode) : std::nullopt);
}

Output Output::create(std::shared_ptr<const Fd> directory, const std::string& name, const std::string& path,
                      std::optional<mode_t> mode) {
  constexpr mode_t kMode = 0666;
  // A file that has a name is told to the output at once: what else needs memory is there before.
  Output output = in_place_of(std::move(directory), name, path);
  const int in = output.directory_->get();
  if (const int nameless = platform::nameless_flags()) {
    output.fd_ = open_fd(in, ".", nameless | O_RDWR, kMode);
    if (output.fd_ && !platform::can_give_names()) output.fd_ = Fd();
  }
  if (output.fd_) ::flock(output.fd_.get(), LOCK_EX | LOCK_NB);
  while (!output.fd_) {
    std::string temporary = temporary_name(name);
    Fd fd = open_fd(in, temporary, O_RDWR | O_CREAT | O_EXCL, kMode);
    if (!fd && errno != EEXIST) throw system_error(path, "create", errno);
    // Another run may have taken it for a stale one and removed it before it was locked. Where the file
    // system has no locks, nobody takes it for stale.
    struct stat made {};
    const bool taken = fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!fd || taken || (::fstat(fd.get(), &made) == 0 && made.st_nlink == 0)) continue;
    output.fd_ = std::move(fd);
    output.temporary_ = std::move(temporary);
  }
  if (mode && ::fchmod(output.fd_.get(), *mode & 07777) != 0) throw system_error(path, "set the mode", errno);
  return output;
}

Output Output::in_place_of(std::shared_ptr<const Fd> directory, const std::string& name,
                           const std::string& path) {
  Output output(Fd(), path);
  output.replaces_ = true;
  output.directory_ = std::move(directory);
  output.target_ = name;
  return output;
}

Output Output::adopt(std::shared_ptr<const Fd> directory, const std::string& name, const std::string& path,
                     Fd fd, std::string temporary) {
  Output output = in_place_of(std::move(directory), name, path);
  output.fd_ = std::move(fd);
  output.temporary_ = std::move(temporary);
  return output;
}

Output Output::to_stdout() {
  Fd copy(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw system_error("standard output", "write", errno);
  return stream(std::move(copy), "standard output");
}

void Output::require_space(std::uint64_t bytes) const {
  if (!replaces_) return;
  struct statvfs room {};
  if (::fstatvfs(fd_.get(), &room) != 0) return;
  const std::uint64_t free = static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize;
  if (free < bytes) {
    throw IoError(Where{name_, {}, {}}, "needs " + human_size(bytes) + ", but the file system has only " +
                                            human_size(free) + " free");
  }
}

void Output::write_at(std::uint64_t offset, ByteSpan bytes) {
  if (!leaves_out_zeros_) return put_at(offset, bytes);
  const std::uint64_t end = offset + bytes.size();
  for (std::uint64_t known = end_.load(); known < end && !end_.compare_exchange_weak(known, end);) {
  }
  while (!bytes.empty()) {
    const Extent data = data_before_hole(offset, bytes);
    put_at(offset, bytes.first(data.length));
    offset += data.length + data.hole;
    bytes = bytes.subspan(data.length + data.hole);
  }
}

void Output::put_at(std::uint64_t offset, ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t put = with_lost_pages(bytes, [&](ByteSpan some) {
      return ::pwrite(fd_.get(), some.data(), some.size(), static_cast<off_t>(offset));
    });
    if (put < 0) {
      if (errno != EINTR) throw system_error(name_, "write", errno);
      check_interrupt();
      continue;
    }
    const auto length = static_cast<std::uint64_t>(put);
    pages_.used(fd_.get(), offset, length);
    offset += length;
    bytes = bytes.subspan(length);
  }
}

void Output::extend(std::uint64_t size) {
  struct stat now {};
  if (::fstat(fd_.get(), &now) != 0) throw system_error(name_, "look at", errno);
  if (static_cast<std::uint64_t>(now.st_size) >= size) return;
  while (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
    if (errno != EINTR) throw system_error(name_, "write", errno);
    check_interrupt();
  }
}

void Output::write(ByteSpan bytes) {
  if (replaces_) {
    write_at(written_, bytes);
    written_ += bytes.size();
    return;
  }
  constexpr int kMilliseconds = 100;
  const auto wait = [&] {
    pollfd ready = {fd_.get(), POLLOUT, 0};
    const bool is_ready = ::poll(&ready, 1, kMilliseconds) > 0;
    check_interrupt();
    return is_ready;
  };
  while (!bytes.empty()) {
    // A pipe that is ready takes this much without sleeping.
    if (may_block_ && !wait()) continue;
    const std::size_t most = may_block_ ? std::min<std::size_t>(bytes.size(), PIPE_BUF) : bytes.size();
    const ssize_t put = with_lost_pages(
        bytes.first(most), [&](ByteSpan some) { return ::write(fd_.get(), some.data(), some.size()); });
    if (put < 0) {
      if (errno == EINTR) {
        check_interrupt();
      } else if (errno == EAGAIN) {
        wait();
      } else {
        throw system_error(name_, "write", errno);
      }
      continue;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

void Output::commit() {
  if (!replaces_) {
    // On Linux the file is closed after EINTR, and nothing is lost.
    if (::close(fd_.release()) != 0 && errno != EINTR) throw system_error(name_, "close", errno);
    return;
  }
  finish();
  place();
  sync_directory();
}

void Output::finish() {
  check_interrupt();
  if (leaves_out_zeros_) extend(end_.load());
  while (::fsync(fd_.get()) != 0) {
    if (errno != EINTR) throw system_error(name_, "write to disk", errno);
    check_interrupt();
  }
  PageCache::finished(fd_.get());
  if (!temporary_.empty()) return;
  std::string name = temporary_name(target_);
  if (!platform::give_name(fd_.get(), directory_->get(), name.c_str()))
    throw system_error(name_, "name the output", errno);
  temporary_ = std::move(name);
}

void Output::place() {
  if (::renameat(directory_->get(), temporary_.c_str(), directory_->get(), target_.c_str()) != 0) {
    throw system_error(name_, "put the output in place", errno);
  }
  temporary_.clear();
  placed_ = true;
}

void Output::sync_directory() {
  io::sync_directory(*directory_, name_);
}

std::optional<std::uint64_t> free_space(const std::string& path) {
  struct statvfs room {};
  if (path == "-" || ::statvfs(split(resolve_links(path)).directory.c_str(), &room) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize;
}

}  // namespace aerotool::io
