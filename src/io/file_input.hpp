// Inputs that lie in a file: mapped where that works and read with pread where it does not.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "io/input.hpp"
#include "io/open_file.hpp"
#include "io/page_cache.hpp"

namespace aerotool::io {

/// A file, or what was spooled to one that has no name. view() maps without read-ahead, and copies where
/// mapping does not work; read() is faster for large runs than faulting pages in.
class FileInput final : public Input {
 public:
  /// Opens a regular file. Throws IoError (a directory, no permission, ...).
  static std::shared_ptr<Input> open(const std::string& path);
  /// Takes over an open regular file, `name` is what messages call it. `path` is where it lies, if anybody
  /// else can know of it. Throws IoError where it is no regular file.
  static std::shared_ptr<Input> adopt(OpenFile file, std::string name, std::string path = {});

  ~FileInput() override;
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;

  void read(std::uint64_t offset, std::span<std::byte> out) const override;
  Bytes view(std::uint64_t offset, std::uint64_t length) const override;
  std::uint64_t next_stored(std::uint64_t offset, std::uint64_t end) const override;
  /// Size, time of the last change, identity of what has its path, and mapped pages that were lost.
  void require_unchanged() const override;
  std::uint64_t preferred_block_size() const override;

 private:
  FileInput(Fd fd, std::string name, std::string path, const Identity& identity, const Version& version);

  Fd fd_;
  std::string path_;
  mutable PageCache pages_{PageCache::Kind::read};
  mutable std::atomic<bool> sequential_{false};  // as the system was told
  mutable std::shared_ptr<std::atomic<bool>> page_lost_;
};

}  // namespace aerotool::io
