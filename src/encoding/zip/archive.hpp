// A zip archive in an input, or in a part of one: its members, and their bytes where they lie. The directory
// decides what there is; where other records say something else, that is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "encoding/zip/directory.hpp"
#include "io/digester.hpp"
#include "io/input.hpp"

namespace aerotool::zip {

class Archive {
 public:
  /// Reads the directory alone, and tells what is wrong with it. The window is inside of the input. Throws
  /// what read_directory() throws, and IoError.
  Archive(std::shared_ptr<const io::Input> input, const Window& window, const Tell& tell);
  /// Of all of an input.
  Archive(const std::shared_ptr<const io::Input>& input, const Tell& tell);

  const io::Input& input() const { return *input_; }
  const Window& window() const { return window_; }
  /// Where the directory begins: all members lie before.
  std::uint64_t data_end() const { return directory_.begin; }
  /// In the order of the directory.
  std::span<const Entry> entries() const { return directory_.entries; }
  const Entry& entry(std::size_t number) const { return directory_.entries[number]; }
  /// The first one of a name; nothing where none has it.
  std::optional<std::size_t> find(std::string_view name) const;

  /// Reads the local headers of all entries, sets where their bytes begin, and tells where they contradict
  /// the directory or each other. Without it, only locate() sets anything.
  void read_local_headers(const Tell& tell);
  /// The same for one entry, as long as read_local_headers() has not been called: for who needs few of those
  /// that lie on a server. Nothing that lies elsewhere is judged.
  void locate(std::size_t number, const Tell& tell);

  // Of entries that are readable and located:

  /// The bytes as they are stored.
  void read_stored(std::size_t number, std::uint64_t offset, std::span<std::byte> out) const {
    input_->read(directory_.entries[number].data + offset, out);
  }
  /// All bytes of a member as they are, in memory: a view where it is stored. `expected_crc`: what they are
  /// held to, the entry's own CRC-32 where that means something. Throws CorruptError, and UnsupportedError
  /// where they are more than `most`.
  Bytes bytes_of(std::size_t number, std::uint64_t most, std::optional<std::uint32_t> expected_crc) const;
  /// Reads a member as it is, also where it is deflated: then from front to back (io/forward_reader.hpp), and
  /// the last byte is not given before the size and `expected_crc` have been found to be right. As long as
  /// the archive lives. Throws CorruptError.
  io::ReadAt reader_of(std::size_t number, std::optional<std::uint32_t> expected_crc) const;
  /// A deflated member in a file of its own under TMPDIR, for who reads it in any order. Throws CorruptError,
  /// and IoError where it has no room.
  std::shared_ptr<io::Input> spooled(std::size_t number, std::optional<std::uint32_t> expected_crc) const;

 private:
  class LocalHeaders;

  std::shared_ptr<const io::Input> input_;
  Window window_;
  Directory directory_;
  std::vector<std::uint32_t> by_name_;  // entries in the order of their names
};

}  // namespace aerotool::zip
