#include "io/file_input.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/iostreams/device/mapped_file.hpp>
#include <cerrno>
#include <vector>

#include "core/error.hpp"
#include "io/file_status.hpp"
#include "io/interrupt.hpp"
#include "io/lost_page.hpp"
#include "platform/files.hpp"
#include "platform/memory.hpp"

namespace aerotool::io {
namespace {

// For the fuzz targets: AddressSanitizer sees a read past the end of a copy, and not past that of a mapping.
#ifdef AEROTOOL_COPY_VIEWS
constexpr bool kMapViews = false;
#else
constexpr bool kMapViews = true;
#endif

// Of what is read at a time: weights come in blocks of this and more.
constexpr std::size_t kLarge = std::size_t{64} << 10;

/// A mapped range of a file and its entry in the list of watched mappings.
class Mapping {
 public:
  Mapping(const boost::iostreams::mapped_file_source& file, std::shared_ptr<std::atomic<bool>> lost, int slot)
      : file_(file), lost_(std::move(lost)), slot_(slot) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { unwatch_mapping(slot_); }

 private:
  boost::iostreams::mapped_file_source file_;
  std::shared_ptr<std::atomic<bool>> lost_;
  int slot_;
};

Bytes map(int fd, std::uint64_t offset, std::uint64_t length,
          const std::shared_ptr<std::atomic<bool>>& lost) {
  if (!kMapViews) return {};
  using boost::iostreams::mapped_file_source;
  const auto page = static_cast<std::uint64_t>(mapped_file_source::alignment());
  const std::uint64_t begin = offset / page * page;
  const auto lead = static_cast<std::size_t>(offset - begin);
  mapped_file_source file;
  try {
    boost::iostreams::mapped_file_params params("/dev/fd/" + std::to_string(fd));
    params.flags = boost::iostreams::mapped_file::readonly;
    params.offset = static_cast<boost::iostreams::stream_offset>(begin);
    params.length = lead + static_cast<std::size_t>(length);
    file.open(params);
  } catch (const std::exception&) {
    return {};
  }
  // Only the pages that are looked at shall be read: those after them may hold weights.
  platform::expect_random_access(const_cast<char*>(file.data()), file.size());
  const int slot = watch_mapping(file.data(), file.size(), lost.get());
  if (slot < 0) return {};
  return {bytes_of({file.data() + lead, static_cast<std::size_t>(length)}),
          std::make_shared<Mapping>(file, lost, slot)};
}

}  // namespace

FileInput::FileInput(Fd fd, std::string name, std::string path, const Identity& identity,
                     const Version& version)
    : Input(std::move(name), identity, version),
      fd_(std::move(fd)),
      path_(std::move(path)),
      page_lost_(std::make_shared<std::atomic<bool>>(false)) {}

FileInput::~FileInput() {
  PageCache::finished(fd_.get());
}

std::shared_ptr<Input> FileInput::open(const std::string& path) {
  // O_NONBLOCK so that a FIFO put in the place of a file cannot hold us up.
  Fd fd = open_fd(path, O_RDONLY | O_NONBLOCK);
  if (!fd) throw system_error(path, "open", errno);
  return adopt(OpenFile(std::move(fd)), path, path);
}

std::shared_ptr<Input> FileInput::adopt(OpenFile file, std::string name, std::string path) {
  Fd fd = file.take();
  struct ::stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error(name, "look at", errno);
  if (S_ISDIR(status.st_mode)) throw system_error(name, "read", EISDIR);
  if (!S_ISREG(status.st_mode)) throw IoError(Where{name, {}, {}}, "is not a regular file");
  return std::shared_ptr<Input>(new FileInput(std::move(fd), std::move(name), std::move(path),
                                              identity_of(status), version_of(status)));
}

void FileInput::read(std::uint64_t offset, std::span<std::byte> out) const {
  // Blocks that several threads take in turns do not always look sequential to the system.
  if (out.size() >= kLarge && !sequential_.load(std::memory_order_relaxed)) {
    sequential_.store(true);
    platform::expect_sequential_reads(fd_.get());
  }
  while (!out.empty()) {
    const ssize_t got = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0) {
      if (errno != EINTR) throw system_error(name(), "read at byte " + std::to_string(offset), errno);
      check_interrupt();
      continue;
    }
    if (got == 0) {
      throw IoError(Where{name(), {}, {}}, "ends at byte " + std::to_string(offset) + ", but had " +
                                               std::to_string(size()) +
                                               " bytes when it was opened: it changed while it was read");
    }
    const auto length = static_cast<std::uint64_t>(got);
    pages_.used(fd_.get(), offset, length);
    offset += length;
    out = out.subspan(length);
  }
}

Bytes FileInput::view(std::uint64_t offset, std::uint64_t length) const {
  require_range(offset, length);
  if (length == 0) return {};
  if (Bytes mapped = map(fd_.get(), offset, length, page_lost_); mapped.owner) return mapped;
  std::vector<std::byte> copy(length);
  sequential_.store(true);
  platform::expect_random_reads(fd_.get());
  read(offset, copy);
  platform::expect_any_reads(fd_.get());
  sequential_.store(false);
  return Bytes::own(std::move(copy));
}

std::uint64_t FileInput::next_stored(std::uint64_t offset, std::uint64_t end) const {
  return std::min(platform::end_of_hole(fd_.get(), offset).value_or(end), end);
}

void FileInput::require_unchanged() const {
  struct ::stat now {};
  if (::fstat(fd_.get(), &now) != 0) throw system_error(name(), "look at", errno);
  const auto refuse = [&](const char* why) { throw IoError(Where{name(), {}, {}}, why); };
  if (version_of(now) != version()) refuse("changed while it was read");
  // What the disk cannot read of a mapped file comes as the same signal as what is no longer there.
  if (page_lost_->load()) throw system_error(name(), "read all of it", EIO);
  if (path_.empty()) return;
  // The files of a model are opened one after the other: those of two models would be mixed.
  struct ::stat there {};
  if (::stat(path_.c_str(), &there) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) throw system_error(name(), "look at", errno);
    refuse("was removed while it was read");
  }
  if (identity_of(there) != identity()) refuse("was replaced while it was read");
}

std::uint64_t FileInput::preferred_block_size() const {
  return std::uint64_t{1} << 20;
}

}  // namespace aerotool::io
