// Input files: bytes at any offset, mapped where that works and read with pread where it does not.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/bytes.hpp"
#include "hash/digest.hpp"
#include "io/fd.hpp"
#include "io/link_policy.hpp"
#include "io/page_cache.hpp"

namespace aerotool::io {

/// A file that does not change while it is open. Metadata is looked at through view(), which maps and so
/// reads no page that is not touched; weights are moved with read(), which is faster for large runs than
/// faulting pages in. Thread-safe.
class Input {
 public:
  /// Opens a regular file. Throws IoError (a directory, no permission, ...).
  static std::shared_ptr<Input> open(const std::string& path);
  /// Takes over an open regular file, `name` is what messages call it. `path` is where it lies, if anybody
  /// else can know of it.
  static std::shared_ptr<Input> adopt(Fd fd, std::string name, std::string path = {});

  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }

  /// Fills `out` from `offset`. Throws IoError where the file ends before: it was longer when opened.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

  /// The bytes [offset, offset + length), which the caller has checked against size(). Mapped without
  /// read-ahead; a copy where mapping does not work. A file that shrinks meanwhile reads as zeros there and
  /// require_unchanged() tells.
  Bytes view(std::uint64_t offset, std::uint64_t length) const;

  /// Throws IoError where size or times differ from when the file was opened, another file or none has its
  /// path, or a mapped page was lost.
  void require_unchanged() const;

  /// The size of the compressed data that this is unpacked from; nothing where it is from none.
  const std::optional<std::uint64_t>& packed_size() const { return packed_size_; }
  void set_packed_size(std::uint64_t size) { packed_size_ = size; }

  /// What the whole file's SHA-256 has to be where the name under which it is stored says so (a blob of a
  /// content-addressed store); set by whoever opens it, before it is handed on.
  const std::optional<Digest>& expected_sha256() const { return expected_sha256_; }
  void expect_sha256(const Digest& digest) { expected_sha256_ = digest; }

  /// How links beside this file are followed, when other files of its model are opened.
  const LinkPolicy& links() const { return links_; }
  void set_links(const LinkPolicy& links) { links_ = links; }

  /// Device and inode, to tell whether two inputs are one file.
  const struct ::stat& status() const { return status_; }

 private:
  Input(Fd fd, std::string name, std::string path, const struct ::stat& status);

  Fd fd_;
  std::string name_;
  std::string path_;
  std::uint64_t size_ = 0;
  struct ::stat status_ {};
  std::optional<std::uint64_t> packed_size_;
  std::optional<Digest> expected_sha256_;
  LinkPolicy links_;
  mutable PageCache pages_{PageCache::Kind::read};
  mutable std::shared_ptr<std::atomic<bool>> page_lost_;
};

}  // namespace aerotool::io
