// Where results go: a file that appears whole or not at all, or a stream.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/bytes.hpp"
#include "io/fd.hpp"
#include "io/page_cache.hpp"

namespace aerotool::io {

/// What leave_out_zeros() leaves out: whole blocks, so many bytes of them at least. Each hole takes an extent
/// of its own in the file.
inline constexpr std::uint64_t kHoleBlock = std::uint64_t{4} << 10;
inline constexpr std::uint64_t kLeastHole = std::uint64_t{16} << 10;

/// An output of a command. A file is written beside its target under a temporary name (none at all where
/// the system has files without a name) and replaces the target in commit(); without commit() nothing is left
/// of it. A stream (pipe, device, standard output) gets its bytes in order as they are written.
class Output {
 public:
  /// For a path (src/BEHAVIOUR.md, "Outputs"): a regular file or nothing there becomes a replacement file,
  /// links resolved; a FIFO or device is opened as a stream, and so is /dev/stdout, whatever it is. Removes
  /// what killed runs have left of the same target. Throws IoError.
  static Output to_path(const std::string& path);
  /// Standard output as a stream of model bytes. Throws UsageError when it is a terminal.
  static Output to_stdout();

  Output(Output&& other) noexcept;
  Output& operator=(Output&&) = delete;
  ~Output();  ///< without commit(): the target stays as it was

  const std::string& name() const { return name_; }
  bool seekable() const { return replaces_; }

  /// Throws IoError where the file system has less room than `bytes`, before anything is written.
  void require_space(std::uint64_t bytes) const;

  /// A seekable output only; thread-safe.
  void write_at(std::uint64_t offset, ByteSpan bytes);
  /// In order; on a seekable output from the beginning.
  void write(ByteSpan bytes);

  /// From now on long runs of zeros are left out of what is written to a seekable output: as nothing has been
  /// written there yet, they read as zeros all the same, and take no room. A stream gets them.
  void leave_out_zeros() { leaves_out_zeros_ = true; }

  /// Makes a seekable output at least `size` bytes long; what was not written reads as zeros.
  void extend(std::uint64_t size);

  /// Everything reaches the disk and takes the target's place: fsync, rename, fsync of the directory. For a
  /// stream: the last errors are looked for. Throws IoError.
  void commit();

  // The steps of commit() for a seekable output, for files that take their places together
  // (io/directory_output.hpp).
  void finish();          ///< fsync; the file has a name beside its target then
  void place();           ///< rename; the file has been finished
  void sync_directory();  ///< fsync of the target's directory
  bool placed() const { return placed_; }

  /// A file that takes the place of `name`, whatever link is there, in an open directory. Throws IoError
  /// where something else than a regular file or a link has the name. `path` is what messages call it.
  static Output in_directory(std::shared_ptr<const Fd> directory, const std::string& name,
                             const std::string& path);
  /// An output that is a file which has been written whole under a temporary name.
  static Output adopt(std::shared_ptr<const Fd> directory, const std::string& name, const std::string& path,
                      Fd fd, std::string temporary);

 private:
  /// Of a file that replaces another when it is committed; it has no file yet.
  static Output in_place_of(std::shared_ptr<const Fd> directory, const std::string& name,
                            const std::string& path);
  Output(Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
  static Output stream(Fd fd, const std::string& name);
  /// A file for `name`, with the mode of the one that it replaces.
  static Output create(std::shared_ptr<const Fd> directory, const std::string& name, const std::string& path,
                       std::optional<mode_t> mode);
  void discard() noexcept;
  void put_at(std::uint64_t offset, ByteSpan bytes);

  Fd fd_;
  std::string name_;                     // as the user gave it
  bool may_block_ = false;               // a pipe, a write to which may sleep
  bool replaces_ = false;                // a file beside its target, else a stream
  std::shared_ptr<const Fd> directory_;  // of the target
  std::string target_;                   // the name in that directory
  std::string temporary_;                // likewise; empty while the file has no name
  std::uint64_t written_ = 0;
  bool leaves_out_zeros_ = false;
  std::atomic<std::uint64_t> end_{0};  // of all that was written, where zeros are left out
  // Of what is written through this object: a moved one begins anew.
  PageCache pages_{PageCache::Kind::written};
  bool placed_ = false;
};

/// Bytes that are free where a path would be written; nothing for standard output and where nobody knows.
std::optional<std::uint64_t> free_space(const std::string& path);

}  // namespace aerotool::io
