#include "formats/aero/read/container.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "foreign/foreign.hpp"
#include "formats/aero/rules/container.hpp"

namespace aerotool::aero {
namespace {

bool all_zero(ByteSpan bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

class ContainerReader {
 public:
  ContainerReader(const io::Input& input, Report& report) : input_(input), report_(report) {}

  Container read() {
    read_header();
    read_toc();
    return std::move(container_);
  }

 private:
  Where at(std::uint64_t offset) const { return {input_.name(), offset, {}}; }

  void read_header() {
    const Bytes begin = input_.view(0, std::min<std::uint64_t>(input_.size(), kMagic.size()));
    if (begin.text() != kMagic) foreign::refuse(input_, "AERO");
    if (input_.size() < kHeaderBytes) {
      throw CorruptError(at(0),
                         "the file has " + std::to_string(input_.size()) + " bytes, an AERO header takes " +
                             std::to_string(kHeaderBytes),
                         Code::short_file);
    }
    const Bytes kept = input_.view(0, kHeaderBytes);
    const ByteSpan header = kept.view;
    if (chars_of(header.first(kMagic.size())) != kMagic)
      throw CorruptError(at(0), "does not begin with 'AERO'");
    const auto major = load_le<std::uint16_t>(header, kAtVersionMajor);
    const auto minor = load_le<std::uint16_t>(header, kAtVersionMinor);
    if (major != kVersionMajor || minor != kVersionMinor) {
      throw UnsupportedError(at(kAtVersionMajor), "AERO version " + std::to_string(major) + "." +
                                                      std::to_string(minor) + "; this program reads 0.1");
    }
    const auto size = load_le<std::uint32_t>(header, kAtHeaderSize);
    if (size != kHeaderBytes) {
      throw CorruptError(at(kAtHeaderSize), "header_size is " + std::to_string(size) + ", not 96");
    }
    const auto flags = load_le<std::uint64_t>(header, kAtFileFlags);
    if (flags != 0)
      throw CorruptError(at(kAtFileFlags), "file_flags is " + std::to_string(flags) + ", not 0");
    container_.toc_offset = load_le<std::uint64_t>(header, kAtTocOffset);
    container_.toc_length = load_le<std::uint64_t>(header, kAtTocLength);
    container_.string_table_offset = load_le<std::uint64_t>(header, kAtStringOffset);
    container_.string_table_length = load_le<std::uint64_t>(header, kAtStringLength);
    std::copy_n(header.begin() + kAtUuid, container_.uuid.size(), container_.uuid.begin());
    if (!all_zero(header.subspan(kAtReserved)))
      report_.fault(Code::stray, at(kAtReserved), "reserved header bytes are not zero");
    check_control_region();
  }

  void check_control_region() {
    const Container& c = container_;
    const std::uint64_t file = input_.size();
    if (c.toc_length < kTocHeaderBytes) {
      throw CorruptError(at(kAtTocLength), "toc_length is " + std::to_string(c.toc_length) +
                                               ", but the TOC's header alone takes " +
                                               std::to_string(kTocHeaderBytes));
    }
    if (!range_fits(c.toc_offset, c.toc_length, file)) {
      throw CorruptError(at(kAtTocOffset),
                         "the TOC (" + std::to_string(c.toc_length) + " bytes at " +
                             std::to_string(c.toc_offset) + ") is not inside the file of " +
                             std::to_string(file) + " bytes",
                         Code::short_file);
    }
    if (c.string_table_length > kMaxStringTable) {
      throw CorruptError(at(kAtStringLength), "the string table has " +
                                                  std::to_string(c.string_table_length) + " bytes; at most " +
                                                  std::to_string(kMaxStringTable) + " are allowed");
    }
    if (!range_fits(c.string_table_offset, c.string_table_length, file)) {
      throw CorruptError(at(kAtStringOffset),
                         "the string table (" + std::to_string(c.string_table_length) + " bytes at " +
                             std::to_string(c.string_table_offset) + ") is not inside the file of " +
                             std::to_string(file) + " bytes",
                         Code::short_file);
    }
    if (c.toc_offset < kHeaderBytes) throw CorruptError(at(kAtTocOffset), "the TOC overlaps the header");
    if (c.string_table_offset < kHeaderBytes) {
      throw CorruptError(at(kAtStringOffset), "the string table overlaps the header");
    }
    const bool apart = c.toc_offset + c.toc_length <= c.string_table_offset ||
                       c.string_table_offset + c.string_table_length <= c.toc_offset;
    if (!apart) throw CorruptError(at(kAtStringOffset), "the string table overlaps the TOC");
    if (c.string_table_offset % 8 != 0)
      report_.fault(Code::placement, at(kAtStringOffset), "the string table is not 8-byte aligned");
    if (c.string_table_length % 8 != 0) {
      report_.fault(Code::placement, at(kAtStringLength), "the string table's length is not a multiple of 8");
    }
    container_.payloads_start = align_up(c.string_table_offset + c.string_table_length, kPayloadAlign);
  }

  void read_toc() {
    const auto count = load_le<std::uint32_t>(input_.view(container_.toc_offset, kTocHeaderBytes).view, 0);
    if (count > kMaxChunks) {
      throw CorruptError(at(container_.toc_offset), "the TOC has " + std::to_string(count) +
                                                        " entries; at most " + std::to_string(kMaxChunks) +
                                                        " are allowed");
    }
    const std::uint64_t needed = kTocHeaderBytes + kTocEntryBytes * count;
    if (container_.toc_length < needed) {
      throw CorruptError(at(kAtTocLength), "toc_length is " + std::to_string(container_.toc_length) +
                                               ", but " + std::to_string(count) + " entries take " +
                                               std::to_string(needed));
    }
    const Bytes kept = input_.view(container_.toc_offset, needed);
    const ByteSpan toc = kept.view;
    if (!all_zero(toc.subspan(4, kTocHeaderBytes - 4))) {
      report_.fault(Code::stray, at(container_.toc_offset + 4),
                    "reserved bytes of the TOC header are not zero");
    }
    strings_ = input_.view(container_.string_table_offset, container_.string_table_length);
    container_.entry_count = count;
    container_.chunks.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t entry = kTocHeaderBytes + i * kTocEntryBytes;
      read_entry(toc.subspan(entry, kTocEntryBytes), container_.toc_offset + entry);
    }
    check_string_padding();
    check_chunks(container_, input_.name(), report_);
  }

  void read_entry(ByteSpan entry, std::uint64_t where) {
    Chunk chunk;
    chunk.fourcc = chars_of(entry.first(4));
    chunk.flags = load_le<std::uint32_t>(entry, 4);
    chunk.offset = load_le<std::uint64_t>(entry, 8);
    chunk.length = load_le<std::uint64_t>(entry, 16);
    chunk.uncompressed_length = load_le<std::uint64_t>(entry, 24);
    const auto name_offset = load_le<std::uint32_t>(entry, 32);
    const auto name_length = load_le<std::uint32_t>(entry, 36);
    const auto reserved = load_le<std::uint64_t>(entry, 40);
    std::copy_n(entry.begin() + kTocHashOffset, chunk.digest.size(), chunk.digest.begin());

    const std::string_view table = strings_.text();
    const std::string index = "TOC entry " + std::to_string(container_.chunks.size() + skipped_);
    if (!range_fits(name_offset, name_length, table.size())) {
      report_.unreadable(Code::name, at(where + 32), index + ": its name is outside the string table");
      ++skipped_;
      return;
    }
    if (name_length > kMaxName) {
      report_.unreadable(Code::name, at(where + 36),
                         index + ": its name has " + std::to_string(name_length) + " bytes; at most " +
                             std::to_string(kMaxName) + " are read");
      ++skipped_;
      return;
    }
    if (!std::all_of(chunk.fourcc.begin(), chunk.fourcc.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f; })) {
      report_.unreadable(Code::name, at(where),
                         index + ": its FourCC '" + escape_controls(chunk.fourcc) + "' is not ASCII");
      ++skipped_;
      return;
    }
    chunk.name = table.substr(name_offset, name_length);
    const std::string label = index + " (" + escape_controls(chunk.fourcc + " " + chunk.name) + ")";
    const std::uint64_t name_end = std::uint64_t{name_offset} + name_length;
    names_end_ = std::max(names_end_, name_end);
    if (name_end >= table.size() || table[name_end] != '\0') {
      report_.fault(Code::name, at(where + 32),
                    label + ": its name does not end with a NUL in the string table");
    }
    if (!is_utf8(chunk.name) || chunk.name.find('\0') != std::string::npos) {
      report_.fault(Code::name, at(where + 32), label + ": its name is not UTF-8 text");
    }
    if (reserved != 0) report_.fault(Code::stray, at(where + 40), label + ": its reserved field is not zero");
    if (!range_fits(chunk.offset, chunk.length, input_.size())) {
      container_.cut_off.push_back(std::move(chunk));
      ++skipped_;
      return;
    }
    check_entry(chunk, label, input_.name(), where, report_);
    container_.chunks.push_back(std::move(chunk));
  }

  void check_string_padding() {
    if (!all_zero(strings_.view.subspan(names_end_))) {
      report_.fault(Code::stray, at(container_.string_table_offset + names_end_),
                    "the padding of the string table is not zero");
    }
  }

  const io::Input& input_;
  Report& report_;
  Container container_;
  Bytes strings_;
  std::uint64_t names_end_ = 0;  // in the string table
  std::size_t skipped_ = 0;
};

}  // namespace

Container read_container(const io::Input& input, Report& report) {
  return ContainerReader(input, report).read();
}

}  // namespace aerotool::aero
