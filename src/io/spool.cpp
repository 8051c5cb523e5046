#include "io/spool.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/iostreams/categories.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_streambuf.hpp>
#include <cerrno>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/file_input.hpp"
#include "io/file_status.hpp"
#include "io/interrupt.hpp"
#include "io/open_url.hpp"
#include "io/remote_tree.hpp"
#include "io/spool_file.hpp"
#include "io/zstd_reader.hpp"
#include "platform/files.hpp"

namespace aerotool::io {
namespace {

namespace bio = boost::iostreams;

constexpr std::size_t kBlock = std::size_t{1} << 20;

enum class Packing { none, gzip, zstd };

constexpr std::size_t kMagicBytes = 9;  // that tell a packing

Packing packing_of(ByteSpan head) {
  const std::string_view text = chars_of(head);
  // A safetensors header of 0x..088b1f bytes begins alike: four zeros and JSON follow, where gzip has a time
  // and one of a few flags (RFC 1952).
  const bool json = head.size() >= kMagicBytes && text.substr(4, 4) == std::string_view("\0\0\0\0", 4) &&
                    std::string_view("{ \t\n\r").find(text[8]) != std::string_view::npos;
  if (text.starts_with("\x1f\x8b\x08") && !json) return Packing::gzip;
  if (text.starts_with("\x28\xb5\x2f\xfd")) return Packing::zstd;
  return Packing::none;
}

/// The packing of a regular file.
Packing packing_of_file(int fd, const std::string& name) {
  std::array<std::byte, kMagicBytes> magic{};
  std::size_t filled = 0;
  // Without read-ahead, which would bring in weights.
  platform::expect_random_reads(fd);
  while (filled < magic.size()) {
    const ssize_t got = ::pread(fd, &magic.at(filled), magic.size() - filled, static_cast<off_t>(filled));
    if (got == 0) break;
    if (got > 0) {
      filled += static_cast<std::size_t>(got);
    } else if (errno == EINTR) {
      check_interrupt();
    } else {
      throw system_error(name, "read", errno);
    }
  }
  platform::expect_any_reads(fd);
  return packing_of(std::span(magic).first(filled));
}

/// Bytes of a descriptor, in order, some of which may have been read already.
class Stream {
 public:
  Stream(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  /// The first bytes, at most `most`; they will be read again.
  ByteSpan peek(std::size_t most) {
    std::vector<std::byte> block(most);
    while (head_.size() < most) {
      const std::size_t got = read_fd(std::span(block).first(most - head_.size()));
      if (got == 0) break;
      head_.insert(head_.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
    }
    return head_;
  }

  /// 0 at the end.
  std::size_t read(std::span<std::byte> out) {
    if (taken_ == head_.size()) return read_fd(out);
    const std::size_t count = std::min(out.size(), head_.size() - taken_);
    std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(taken_), count, out.begin());
    taken_ += count;
    return count;
  }

  const std::string& name() const { return name_; }
  /// Bytes that have been read.
  std::uint64_t length() const { return length_; }

 private:
  std::size_t read_fd(std::span<std::byte> out) {
    for (;;) {
      constexpr int kMilliseconds = 100;
      check_interrupt();
      // A signal may reach another thread than this one, which would sleep on in read().
      pollfd ready = {fd_, POLLIN, 0};
      if (::poll(&ready, 1, kMilliseconds) <= 0) continue;
      const ssize_t got = ::read(fd_, out.data(), out.size());
      if (got >= 0) {
        length_ += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EAGAIN && errno != EINTR) throw system_error(name_, "read", errno);
    }
  }

  int fd_;
  std::string name_;
  std::uint64_t length_ = 0;
  std::vector<std::byte> head_;
  std::size_t taken_ = 0;
};

/// A Stream as the source of Boost.Iostreams' filters.
class StreamDevice {
 public:
  using char_type = char;
  using category = bio::source_tag;

  explicit StreamDevice(Stream& stream) : stream_(&stream) {}
  std::streamsize read(char* out, std::streamsize count) {
    const std::size_t got =
        stream_->read(std::as_writable_bytes(std::span(out, static_cast<std::size_t>(count))));
    return got == 0 ? -1 : static_cast<std::streamsize>(got);
  }

 private:
  Stream* stream_;
};

template <typename Read>
std::shared_ptr<Input> spool(const std::string& name, const Spooling& spooling, Read read) {
  SpoolFile file(name);
  std::vector<std::byte> block(kBlock);
  bool first = true;
  for (;;) {
    std::size_t filled = 0;
    while (filled < block.size()) {
      const std::size_t got = read(std::span(block).subspan(filled));
      if (got == 0) break;
      filled += got;
      if (spooling.progress != nullptr) spooling.progress->done += got;
    }
    const ByteSpan bytes = std::span(block).first(filled);
    if (first && spooling.size_hint) {
      if (const auto size = spooling.size_hint(bytes)) file.require_space(*size);
    }
    first = false;
    file.append(bytes);
    if (filled < block.size()) return FileInput::adopt(file.take(), name);
  }
}

std::shared_ptr<Input> spool_gzip(Stream& stream, const Spooling& spooling) {
  try {
    bio::filtering_streambuf<bio::input> chain;
    chain.push(bio::gzip_decompressor(), kBlock);
    chain.push(StreamDevice(stream), kBlock);
    return spool(stream.name(), spooling, [&](std::span<std::byte> out) {
      const std::span<char> chars = chars_of(out);
      const std::streamsize got = chain.sgetn(chars.data(), static_cast<std::streamsize>(chars.size()));
      return static_cast<std::size_t>(std::max<std::streamsize>(got, 0));
    });
  } catch (const std::ios_base::failure&) {
    throw CorruptError(Where{stream.name(), {}, {}}, "its gzip data is broken or ends too soon");
  }
}

std::shared_ptr<Input> spool_zstd(Stream& stream, const Spooling& spooling) {
  std::vector<std::byte> block(kBlock);
  ZstdReader reader([&] { return ByteSpan(block).first(stream.read(block)); }, ZstdReader::Frames::many);
  try {
    return spool(stream.name(), spooling, [&](std::span<std::byte> out) { return reader.read(out); });
  } catch (const ZstdProblem& problem) {
    throw CorruptError(Where{stream.name(), {}, {}}, problem.what());
  }
}

std::shared_ptr<Input> spool_any(int fd, const std::string& name, const Spooling& spooling) {
  Stream stream(fd, name);
  const Packing packing = packing_of(stream.peek(kMagicBytes));
  if (packing == Packing::none)
    return spool(name, spooling, [&](std::span<std::byte> out) { return stream.read(out); });
  auto input = packing == Packing::gzip ? spool_gzip(stream, spooling) : spool_zstd(stream, spooling);
  input->set_packed_size(stream.length());
  return input;
}

}  // namespace

bool is_packed(ByteSpan head) {
  return packing_of(head.first(std::min(head.size(), kMagicBytes))) != Packing::none;
}

std::shared_ptr<Input> open_spooled(OpenFile file, const std::string& name, const Spooling& spooling) {
  const Fd fd = file.take();
  if (packing_of_file(fd.get(), name) != Packing::none) {
    if (::lseek(fd.get(), 0, SEEK_SET) != 0) throw system_error(name, "read", errno);
    return spool_any(fd.get(), name, spooling);
  }
  return FileInput::adopt(OpenFile(fd.duplicate()), name);
}

std::shared_ptr<Input> open_input(const std::string& path, const Spooling& spooling,
                                  const std::optional<Digest>& sha256) {
  if (looks_like_url(path)) return open_url(path, spooling);
  if (RemoteTree* const tree = remote_tree_of(path)) return tree->open(path, spooling);
  if (path == "-") {
    Fd fd(::dup(STDIN_FILENO));
    if (!fd) throw system_error(std::string(kStandardInput), "read", errno);
    return open_input(OpenFile(std::move(fd)), {}, spooling);
  }
  Fd fd = open_fd(path, O_RDONLY);
  if (!fd) throw system_error(path, "open", errno);
  return open_input(OpenFile(std::move(fd)), path, spooling, sha256);
}

std::shared_ptr<Input> open_input(OpenFile file, const std::string& path, const Spooling& spooling,
                                  const std::optional<Digest>& sha256) {
  Fd fd = file.take();
  const bool standard_input = path.empty();
  const std::string name = standard_input ? std::string(kStandardInput) : path;
  struct ::stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error(name, "look at", errno);
  if (S_ISDIR(status.st_mode)) throw system_error(name, "read", EISDIR);
  const bool regular = S_ISREG(status.st_mode) && (!standard_input || ::lseek(fd.get(), 0, SEEK_CUR) == 0);
  if (regular && packing_of_file(fd.get(), name) == Packing::none) {
    auto input = FileInput::adopt(OpenFile(std::move(fd)), name, path);
    if (sha256) input->expect_sha256(*sha256);
    return input;
  }
  const auto require_unchanged = [&] {
    struct ::stat now {};
    if (::fstat(fd.get(), &now) != 0) throw system_error(name, "look at", errno);
    if (S_ISREG(status.st_mode) && version_of(now) != version_of(status))
      throw IoError(Where{name, {}, {}}, "changed while it was read");
  };
  try {
    std::shared_ptr<Input> input = spool_any(fd.get(), name, spooling);
    require_unchanged();
    return input;
  } catch (const CorruptError&) {
    require_unchanged();
    throw;
  }
}

}  // namespace aerotool::io
