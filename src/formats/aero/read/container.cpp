#include "formats/aero/read/container.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "foreign/foreign.hpp"
#include "hash/blake3.hpp"

namespace aerotool::aero {
namespace {

// Field offsets in the file header (src/formats/aero/FORMAT.md, "File header"); the 64-bit ones are not
// aligned.
constexpr std::size_t kAtVersionMajor = 4;
constexpr std::size_t kAtVersionMinor = 6;
constexpr std::size_t kAtHeaderSize = 8;
constexpr std::size_t kAtTocOffset = 12;
constexpr std::size_t kAtTocLength = 20;
constexpr std::size_t kAtStringOffset = 28;
constexpr std::size_t kAtStringLength = 36;
constexpr std::size_t kAtFileFlags = 44;
constexpr std::size_t kAtUuid = 52;
constexpr std::size_t kAtReserved = 68;

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
    check_names();
    check_control_overlaps();
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
    check_kind(chunk, label, where);
    check_flags(chunk, label, where);
    container_.chunks.push_back(std::move(chunk));
  }

  /// What is known has the flags that it is written with; only zstd and unknown bits are free.
  void check_kind(const Chunk& chunk, const std::string& label, std::uint64_t where) {
    const ChunkKind* const kind = kind_of(chunk.fourcc);
    if (kind == nullptr) return;
    constexpr std::uint32_t kFixed = kFlagMmapCritical | kFlagIndex | kFlagOptional;
    if ((chunk.flags & kFixed) != kind->flags) {
      report_.fault(Code::malformed, at(where + 4),
                    label + ": its flags are " + std::to_string(chunk.flags & kFixed) + ", those of " +
                        chunk.fourcc + " are " + std::to_string(kind->flags));
    }
  }

  void check_flags(const Chunk& chunk, const std::string& label, std::uint64_t where) {
    if (chunk.offset % kPayloadAlign != 0)
      report_.fault(Code::placement, at(where + 8), label + ": its payload is not 16-byte aligned");
    if (chunk.fourcc == kWeights && chunk.compressed()) {
      report_.unreadable(Code::malformed, at(where + 4),
                         label + ": is flagged as compressed, which weights never are");
    }
    const bool never_compressed = chunk.fourcc == kControlHash || chunk.fourcc == kPageHashes;
    if (!chunk.compressed() && chunk.uncompressed_length != chunk.length) {
      report_.unreadable(Code::malformed, at(where + 24),
                         label + ": is not compressed, but its two lengths differ (" +
                             std::to_string(chunk.length) + " and " +
                             std::to_string(chunk.uncompressed_length) + ")");
    }
    const bool metadata = never_compressed || chunk.fourcc == kModelJson || chunk.fourcc == kManifest ||
                          chunk.fourcc == kTensorIndex;
    if ((metadata || chunk.compressed()) && chunk.uncompressed_length > kMaxMetadata) {
      report_.unreadable(Code::malformed, at(where + 24),
                         label + ": has " + std::to_string(chunk.uncompressed_length) +
                             " bytes uncompressed; at most " + std::to_string(kMaxMetadata) + " are allowed");
    }
  }

  void check_string_padding() {
    if (!all_zero(strings_.view.subspan(names_end_))) {
      report_.fault(Code::stray, at(container_.string_table_offset + names_end_),
                    "the padding of the string table is not zero");
    }
  }

  /// (fourcc, name) is unique; TIDX exactly one; MMSG and MJSN at most one.
  void check_names() {
    const auto& chunks = container_.chunks;
    std::vector<std::size_t> order(chunks.size());
    std::iota(order.begin(), order.end(), 0);
    const auto key = [&](std::size_t i) { return std::tie(chunks[i].fourcc, chunks[i].name); };
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return key(a) < key(b); });
    for (std::size_t i = 1; i < order.size(); ++i) {
      if (key(order[i - 1]) == key(order[i])) {
        const Chunk& chunk = chunks[order[i]];
        report_.unreadable(Code::duplicate, at(container_.toc_offset),
                           "two chunks are called " + escape_controls(chunk.fourcc + " " + chunk.name));
      }
    }
    for (const std::string_view fourcc : {kControlHash, kModelJson, kManifest, kTensorIndex}) {
      const auto count =
          std::count_if(chunks.begin(), chunks.end(), [&](const Chunk& c) { return c.fourcc == fourcc; });
      if (count > 1) {
        report_.unreadable(Code::duplicate, at(container_.toc_offset),
                           "there are " + std::to_string(count) + " " + std::string(fourcc) +
                               " chunks; at most one is allowed");
      }
      const auto first =
          std::find_if(chunks.begin(), chunks.end(), [&](const Chunk& c) { return c.fourcc == fourcc; });
      if (first != chunks.end() && first->name != metadata_name(fourcc)) {
        report_.fault(Code::name, at(container_.toc_offset),
                      "the " + std::string(fourcc) + " chunk is called '" + escape_controls(first->name) +
                          "', not '" + std::string(metadata_name(fourcc)) + "'");
      }
      const bool is_cut_off = std::any_of(container_.cut_off.begin(), container_.cut_off.end(),
                                          [&](const Chunk& chunk) { return chunk.fourcc == fourcc; });
      if (is_cut_off) continue;
      if (count == 0 && fourcc == kTensorIndex) {
        report_.unreadable(Code::malformed, at(container_.toc_offset), "there is no TIDX chunk");
      }
      if (count == 0 && fourcc == kManifest) check_lost_manifest();
    }
  }

  /// MMSG may be absent; with a flipped bit in its FourCC it is a chunk that nobody knows.
  void check_lost_manifest() {
    for (const Chunk& chunk : container_.chunks) {
      if (kind_of(chunk.fourcc) != nullptr || chunk.name != metadata_name(kManifest)) continue;
      report_.fault(Code::malformed, at(container_.toc_offset),
                    "there is no " + std::string(kManifest) + " chunk, but " + escape_controls(chunk.fourcc) +
                        " has its name");
    }
  }

  void check_control_overlaps() {
    struct Range {
      std::uint64_t begin, end;
      const char* name;
    };
    const Container& c = container_;
    const std::array<Range, 3> control = {
        {{0, kHeaderBytes, "header"},
         {c.toc_offset, c.toc_offset + c.toc_length, "TOC"},
         {c.string_table_offset, c.string_table_offset + c.string_table_length, "string table"}}};
    for (const Chunk& chunk : c.chunks) {
      if (chunk.length == 0) continue;
      for (const Range& range : control) {
        if (chunk.offset < range.end && range.begin < chunk.end()) {
          report_.unreadable(Code::overlap, at(chunk.offset),
                             "the payload of " + escape_controls(chunk.fourcc + " " + chunk.name) +
                                 " overlaps the " + range.name);
        }
      }
    }
  }

  const io::Input& input_;
  Report& report_;
  Container container_;
  Bytes strings_;
  std::uint64_t names_end_ = 0;  // in the string table
  std::size_t skipped_ = 0;
};

void put_name(std::vector<std::byte>& control, std::uint64_t& at, std::string_view name) {
  std::copy_n(bytes_of(name).begin(), name.size(), control.begin() + static_cast<std::ptrdiff_t>(at));
  at += name.size() + 1;
}

}  // namespace

std::string shard_name(std::uint64_t id) {
  return "weights.shard" + std::to_string(id);
}
std::string page_hashes_name(std::uint64_t id) {
  return shard_name(id) + ".phsh";
}

Container read_container(const io::Input& input, Report& report) {
  return ContainerReader(input, report).read();
}

void lay_out_control(Container& container) {
  container.toc_offset = kHeaderBytes;
  container.toc_length = kTocHeaderBytes + kTocEntryBytes * container.chunks.size();
  container.string_table_offset = align_up(container.toc_offset + container.toc_length, 8);
  std::uint64_t length = 0;
  for (const Chunk& chunk : container.chunks) length += chunk.name.size() + 1;
  container.string_table_length = align_up(length, 8);
  container.payloads_start =
      align_up(container.string_table_offset + container.string_table_length, kPayloadAlign);
}

std::vector<std::byte> render_control(const Container& container) {
  std::vector<std::byte> control(container.payloads_start);
  const std::span<std::byte> out = control;
  std::copy_n(bytes_of(kMagic).begin(), kMagic.size(), control.begin());
  store_le(out, kAtVersionMajor, kVersionMajor);
  store_le(out, kAtVersionMinor, kVersionMinor);
  store_le(out, kAtHeaderSize, static_cast<std::uint32_t>(kHeaderBytes));
  store_le(out, kAtTocOffset, container.toc_offset);
  store_le(out, kAtTocLength, container.toc_length);
  store_le(out, kAtStringOffset, container.string_table_offset);
  store_le(out, kAtStringLength, container.string_table_length);
  std::copy(container.uuid.begin(), container.uuid.end(), control.begin() + kAtUuid);
  store_le(out, container.toc_offset, static_cast<std::uint32_t>(container.chunks.size()));
  std::uint64_t name_at = container.string_table_offset;
  for (std::size_t i = 0; i < container.chunks.size(); ++i) {
    const Chunk& chunk = container.chunks[i];
    const std::span<std::byte> entry =
        out.subspan(container.toc_offset + kTocHeaderBytes + i * kTocEntryBytes, kTocEntryBytes);
    std::copy_n(bytes_of(chunk.fourcc).begin(), 4, entry.begin());
    store_le(entry, 4, chunk.flags);
    store_le(entry, 8, chunk.offset);
    store_le(entry, 16, chunk.length);
    store_le(entry, 24, chunk.uncompressed_length);
    store_le(entry, 32, static_cast<std::uint32_t>(name_at - container.string_table_offset));
    store_le(entry, 36, static_cast<std::uint32_t>(chunk.name.size()));
    std::copy(chunk.digest.begin(), chunk.digest.end(), entry.begin() + kTocHashOffset);
    put_name(control, name_at, chunk.name);
  }
  return control;
}

Digest control_digest(ByteSpan control, std::uint64_t toc_offset, std::size_t entry_count) {
  constexpr Digest kZeros{};
  hash::Blake3Stream stream;
  std::uint64_t done = 0;
  for (std::size_t i = 0; i < entry_count; ++i) {
    const std::uint64_t hash_at = toc_offset + kTocHeaderBytes + i * kTocEntryBytes + kTocHashOffset;
    if (!range_fits(hash_at, kZeros.size(), control.size())) break;
    stream.add(control.subspan(done, hash_at - done));
    stream.add(kZeros);
    done = hash_at + kZeros.size();
  }
  stream.add(control.subspan(done));
  return stream.finish();
}

Uuid derived_uuid(const std::vector<Chunk>& chunks) {
  using namespace std::string_view_literals;
  hash::Blake3Stream stream;
  stream.add(bytes_of("aerotool-uuid-1\0"sv));
  for (const Chunk& chunk : chunks) {
    if (chunk.fourcc == kControlHash) continue;
    stream.add(bytes_of(chunk.fourcc));
    stream.add(chunk.digest);
  }
  const Digest digest = stream.finish();
  Uuid uuid{};
  std::copy_n(digest.begin(), uuid.size(), uuid.begin());
  // RFC 9562: version 8 (custom), variant 10.
  uuid[6] = (uuid[6] & std::byte{0x0f}) | std::byte{0x80};
  uuid[8] = (uuid[8] & std::byte{0x3f}) | std::byte{0x80};
  return uuid;
}

std::string to_string(const Uuid& uuid) {
  std::string text = to_hex(uuid);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, "-");
  return text;
}

}  // namespace aerotool::aero
