#include "encoding/zip/directory.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/zip/records.hpp"

namespace aerotool::zip {
namespace {

/// What the end says of the directory. Offsets are those in the window.
struct End {
  std::uint64_t count = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t records = 0;  ///< where the first record behind the directory begins
};

/// Reads the end of an archive and what it points to.
class DirectoryReader {
 public:
  DirectoryReader(const io::Input& input, const Window& window, const Tell& tell)
      : input_(input), window_(window), tell_(tell) {}

  Directory read() {
    const End end = find_end();
    if (!range_fits(end.offset, end.size, end.records)) {
      refuse(end.records, "its directory of " + plural(end.size, "byte") + " at byte " +
                              with_thousands(end.offset) + " does not lie before its end record");
    }
    if (end.size > kMaxDirectory || end.size / kDirectoryBytes > kMaxEntries) {
      throw UnsupportedError({input_.name(), at(end.offset), {}},
                             "its directory of " + plural(end.size, "byte") + " is more than is handled");
    }
    directory_.begin = at(end.offset);
    directory_.end = directory_.begin + end.size;
    directory_.bytes = input_.view(directory_.begin, end.size);
    // The number of entries is a claim, and no reason to reserve anything.
    for (position_ = 0; position_ < end.size;) read_entry();
    directory_.entries.shrink_to_fit();
    const std::uint64_t count = directory_.entries.size();
    if (count != end.count) {
      tell({Finding::Kind::count,
            {},
            at(end.records),
            "its end record says " + with_thousands(end.count) + " entries, and its directory has " +
                with_thousands(count)});
    }
    if (end.offset + end.size != end.records) {
      tell({Finding::Kind::trailing,
            {},
            directory_.end,
            plural(end.records - end.offset - end.size, "byte") +
                " between its directory and its end record"});
    }
    return std::move(directory_);
  }

 private:
  std::uint64_t at(std::uint64_t offset) const { return window_.offset + offset; }
  void tell(const Finding& finding) const { tell_(finding); }
  [[noreturn]] void refuse(std::uint64_t offset, const std::string& why) const {
    throw CorruptError({input_.name(), at(offset), {}}, why);
  }
  Bytes view(std::uint64_t offset, std::uint64_t length) const { return input_.view(at(offset), length); }

  End find_end() const {
    const std::uint64_t length = std::min(window_.size, kEndBytes + kMaxComment);
    const Bytes tail = view(window_.size - length, length);
    const std::size_t place =
        tail.size() < kEndBytes ? std::string_view::npos : tail.text().rfind(kEnd, tail.size() - kEndBytes);
    if (place == std::string_view::npos) {
      throw CorruptError({input_.name(), {}, {}}, "has no end of a zip archive: it is cut short, or none",
                         Code::short_file);
    }
    const std::uint64_t position = window_.size - length + place;
    const auto u16 = [&](std::size_t offset) { return load_le<std::uint16_t>(tail.view, place + offset); };
    const auto u32 = [&](std::size_t offset) { return load_le<std::uint32_t>(tail.view, place + offset); };
    if (u16(20) != 0) {
      tell({Finding::Kind::comment, {}, at(position), "a comment of " + plural(u16(20), "byte")});
    } else if (tail.size() - place > kEndBytes) {
      tell({Finding::Kind::trailing,
            {},
            at(position + kEndBytes),
            plural(tail.size() - place - kEndBytes, "byte") + " behind its end record"});
    }
    if (u16(20) > tail.size() - place - kEndBytes) refuse(position, "its comment passes its end");
    End end{u16(10), u32(16), u32(12), position};
    bool has_several = u16(4) != 0 || u16(6) != 0 || u16(8) != u16(10);
    if (const auto large = find_end_64(position)) {
      // What the small record can say it says as the large one does.
      const auto agree = [](std::uint64_t small, std::uint64_t large_one, std::uint64_t elsewhere) {
        return small == large_one || small == elsewhere;
      };
      if (!agree(end.count, large->count, kElsewhere16) || !agree(end.offset, large->offset, kElsewhere) ||
          !agree(end.size, large->size, kElsewhere)) {
        tell({Finding::Kind::end_differs, {}, at(position), "its two end records contradict each other"});
      }
      end = *large;
      has_several = (u16(4) != 0 && u16(4) != kElsewhere16) || (u16(6) != 0 && u16(6) != kElsewhere16);
    } else if (end.offset == kElsewhere || end.size == kElsewhere) {
      refuse(position, "the end record of 64 bits, which its end record asks for, is missing");
    }
    if (has_several) {
      throw UnsupportedError({input_.name(), at(position), {}}, "is a zip archive in several files");
    }
    return end;
  }

  /// That of 64 bits, which the locator before the end at `position` leads to.
  std::optional<End> find_end_64(std::uint64_t position) const {
    if (position < kLocatorBytes) return std::nullopt;
    const std::uint64_t locator_position = position - kLocatorBytes;
    const Bytes locator = view(locator_position, kLocatorBytes);
    if (!locator.text().starts_with(kLocator64)) return std::nullopt;
    const auto offset = load_le<std::uint64_t>(locator.view, 8);
    if (load_le<std::uint32_t>(locator.view, 4) != 0 || load_le<std::uint32_t>(locator.view, 16) > 1)
      throw UnsupportedError({input_.name(), at(locator_position), {}}, "is a zip archive in several files");
    if (!range_fits(offset, kEnd64Bytes, locator_position))
      refuse(locator_position, "its end record of 64 bits does not lie before its locator");
    const Bytes record = view(offset, kEnd64Bytes);
    if (!record.text().starts_with(kEnd64)) refuse(offset, "its end record of 64 bits is not there");
    // The length counts what follows it.
    constexpr std::uint64_t kBehindLength = 12;
    const auto length = load_le<std::uint64_t>(record.view, 4);
    const auto end = length <= locator_position ? checked_add(offset + kBehindLength, length) : std::nullopt;
    if (!end || *end != locator_position) {
      tell(
          {Finding::Kind::trailing, {}, at(offset), "its end record of 64 bits does not end at its locator"});
    }
    if (load_le<std::uint32_t>(record.view, 16) != 0 || load_le<std::uint32_t>(record.view, 20) != 0)
      throw UnsupportedError({input_.name(), at(offset), {}}, "is a zip archive in several files");
    return End{load_le<std::uint64_t>(record.view, 32), load_le<std::uint64_t>(record.view, 48),
               load_le<std::uint64_t>(record.view, 40), offset};
  }

  void read_entry() {
    const std::uint64_t position = directory_.begin - window_.offset + position_;
    const ByteSpan bytes = directory_.bytes.view.subspan(position_);
    if (bytes.size() < kDirectoryBytes || !chars_of(bytes).starts_with(kDirectoryHeader))
      refuse(position, "its directory has no entry where one should begin");
    const std::size_t name = load_le<std::uint16_t>(bytes, 28);
    const std::size_t extra = load_le<std::uint16_t>(bytes, 30);
    const std::size_t comment = load_le<std::uint16_t>(bytes, 32);
    const std::size_t length = kDirectoryBytes + name + extra + comment;
    if (length > bytes.size()) refuse(position, "an entry passes the end of its directory");
    if (directory_.entries.size() == kMaxEntries) {
      throw UnsupportedError({input_.name(), at(position), {}},
                             "has more entries than are handled, which is " + with_thousands(kMaxEntries));
    }
    Entry& entry = directory_.entries.emplace_back();
    entry.name = chars_of(bytes.subspan(kDirectoryBytes, name));
    entry.flags = load_le<std::uint16_t>(bytes, 8);
    entry.method = load_le<std::uint16_t>(bytes, 10);
    entry.crc = load_le<std::uint32_t>(bytes, 16);
    entry.stored_size = load_le<std::uint32_t>(bytes, 20);
    entry.size = load_le<std::uint32_t>(bytes, 24);
    entry.header = load_le<std::uint32_t>(bytes, 42);
    const auto disk = load_le<std::uint16_t>(bytes, 34);
    if (disk != 0 && disk != kElsewhere16)
      throw UnsupportedError({input_.name(), at(position), {}}, "is a zip archive in several files");
    take_numbers_of_64_bits(bytes.subspan(kDirectoryBytes + name, extra), position);
    judge(at(position));
    position_ += length;
  }

  /// Numbers that do not fit into the entry itself stand in an extra field, in this order.
  void take_numbers_of_64_bits(ByteSpan extra, std::uint64_t position) {
    Entry& entry = directory_.entries.back();
    ByteSpan numbers;
    std::size_t fields = 0;
    const bool is_whole = for_each_extra_field(extra, [&](std::uint16_t number, ByteSpan content) {
      if (number != kNumbersOf64Bits) return;
      if (fields++ == 0) numbers = content;
    });
    bool has_all = true;
    const auto take = [&](std::uint64_t& number) {
      if (number != kElsewhere) return;
      if (numbers.size() < sizeof(std::uint64_t)) {
        has_all = false;
        return;
      }
      number = load_le<std::uint64_t>(numbers);
      numbers = numbers.subspan(sizeof(std::uint64_t));
    };
    take(entry.size);
    take(entry.stored_size);
    take(entry.header);
    if (is_whole && fields <= 1 && has_all) return;
    const std::size_t number = directory_.entries.size() - 1;
    if (!has_all) entry.is_readable = false;
    tell({Finding::Kind::extra_field, number, at(position),
          !has_all     ? "the numbers of 64 bits that it asks for are missing"
          : fields > 1 ? "it has several fields of numbers of 64 bits"
                       : "its extra fields are cut short"});
  }

  void judge(std::uint64_t position) {
    // Every 258 bytes that deflate repeats take two bits at least (RFC 1951).
    constexpr std::uint64_t kMostOfOneByte = 1032;
    Entry& entry = directory_.entries.back();
    const std::size_t number = directory_.entries.size() - 1;
    const auto cannot_be_read = [&](Finding::Kind kind, std::string why) {
      entry.is_readable = false;
      tell({kind, number, position, std::move(why)});
    };
    if ((entry.flags & kEncrypted) != 0) return cannot_be_read(Finding::Kind::encrypted, "it is encrypted");
    if (entry.method != kStored && entry.method != kDeflated) {
      return cannot_be_read(Finding::Kind::method, "it is compressed by method " +
                                                       std::to_string(entry.method) +
                                                       "; stored and deflated entries are read");
    }
    if (entry.method == kStored && entry.size != entry.stored_size) {
      return cannot_be_read(
          Finding::Kind::impossible_size,
          "it is stored, and has " + plural(entry.size, "byte") + " in " + with_thousands(entry.stored_size));
    }
    if (entry.method == kDeflated && entry.size / kMostOfOneByte > entry.stored_size) {
      return cannot_be_read(
          Finding::Kind::impossible_size,
          plural(entry.stored_size, "byte") + " cannot inflate to " + with_thousands(entry.size));
    }
    const std::uint64_t directory = directory_.begin - window_.offset;
    if (!range_fits(entry.header, kLocalBytes + entry.name.size(), directory) ||
        !range_fits(entry.header + kLocalBytes + entry.name.size(), entry.stored_size, directory)) {
      entry.header = window_.offset;
      return cannot_be_read(Finding::Kind::outside, "it does not lie before the directory");
    }
    entry.header = at(entry.header);
  }

  const io::Input& input_;
  const Window& window_;
  const Tell& tell_;
  Directory directory_;
  std::uint64_t position_ = 0;  // of the next entry in the directory
};

}  // namespace

Code code_of(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::duplicate:
      return Code::duplicate;
    case Finding::Kind::encrypted:
    case Finding::Kind::method:
      return Code::unsupported;
    case Finding::Kind::outside:
      return Code::placement;
    case Finding::Kind::overlap:
      return Code::overlap;
    case Finding::Kind::leading:
    case Finding::Kind::between:
    case Finding::Kind::trailing:
    case Finding::Kind::comment:
      return Code::stray;
    case Finding::Kind::name_differs:
    case Finding::Kind::method_differs:
    case Finding::Kind::flags_differ:
    case Finding::Kind::numbers_differ:
    case Finding::Kind::count:
    case Finding::Kind::end_differs:
      return Code::index;
    case Finding::Kind::impossible_size:
    case Finding::Kind::descriptor:
    case Finding::Kind::extra_field:
      break;
  }
  return Code::malformed;
}

bool for_each_extra_field(ByteSpan bytes,
                          const std::function<void(std::uint16_t number, ByteSpan content)>& field) {
  constexpr std::size_t kHead = 4;
  while (bytes.size() >= kHead) {
    const std::size_t length = load_le<std::uint16_t>(bytes, 2);
    if (length > bytes.size() - kHead) return false;
    field(load_le<std::uint16_t>(bytes), bytes.subspan(kHead, length));
    bytes = bytes.subspan(kHead + length);
  }
  return bytes.empty();
}

Directory read_directory(const io::Input& input, const Window& window, const Tell& tell) {
  return DirectoryReader(input, window, tell).read();
}

}  // namespace aerotool::zip
