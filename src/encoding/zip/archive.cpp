#include "encoding/zip/archive.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/zip/inflate.hpp"
#include "encoding/zip/records.hpp"
#include "hash/crc32.hpp"
#include "io/file_input.hpp"
#include "io/glances.hpp"
#include "io/spool_file.hpp"

namespace aerotool::zip {
namespace {

constexpr std::size_t kAtOnce = std::size_t{256} << 10;

std::string quoted(std::string_view name) {
  return "'" + escape_controls(shortened(name)) + "'";
}

CorruptError corrupt(const Archive& archive, const Entry& entry, std::string why, Code code) {
  return {{archive.input().name(), entry.data, {}},
          "its member " + quoted(entry.name) + ": " + std::move(why),
          code};
}

}  // namespace

/// Reads local headers and judges them.
class Archive::LocalHeaders {
 public:
  LocalHeaders(Archive& archive, const Tell& tell)
      : archive_(archive), tell_(tell), glances_(*archive.input_) {}

  void read_all() {
    std::vector<Entry>& entries = archive_.directory_.entries;
    std::vector<std::uint32_t> order(entries.size());
    std::iota(order.begin(), order.end(), std::uint32_t{0});
    std::ranges::stable_sort(order, {}, [&](std::uint32_t number) { return entries[number].header; });
    // Where what has been gone through ends.
    std::uint64_t reached = archive_.window_.offset;
    bool is_first = true;
    for (const std::uint32_t number : order) {
      if (!entries[number].is_readable) {
        // Nobody knows where it ends: what lies before the next one is not judged.
        is_first = false;
        reached = UINT64_MAX;
        continue;
      }
      const std::uint64_t begin = entries[number].header;
      const std::uint64_t end = read(number);
      if (!entries[number].is_readable) {
        reached = UINT64_MAX;
        continue;
      }
      if (reached != UINT64_MAX) judge_place(number, begin, reached, is_first);
      is_first = false;
      reached = reached == UINT64_MAX ? end : std::max(reached, end);
    }
    const std::uint64_t directory = archive_.directory_.begin;
    if (reached >= directory) return;
    tell_({is_first ? Finding::Kind::leading : Finding::Kind::between,
           {},
           reached,
           plural(directory - reached, "byte") + " before its directory"});
  }

  /// Where the entry ends, with what follows its bytes.
  std::uint64_t read(std::size_t number) {
    Entry& entry = archive_.directory_.entries[number];
    const std::uint64_t directory = archive_.directory_.begin;
    const auto tell = [&](Finding::Kind kind, std::string why) {
      tell_({kind, number, entry.header, std::move(why)});
    };
    const auto cannot_be_read = [&](Finding::Kind kind, std::string why) {
      entry.is_readable = false;
      tell(kind, std::move(why));
      return entry.header;
    };
    ByteSpan fixed = glances_.at(entry.header, kLocalBytes);
    if (!chars_of(fixed).starts_with(kLocalHeader))
      return cannot_be_read(Finding::Kind::outside, "no local header stands where the directory says");
    const auto flags = load_le<std::uint16_t>(fixed, 6);
    const auto method = load_le<std::uint16_t>(fixed, 8);
    const auto crc = load_le<std::uint32_t>(fixed, 14);
    std::uint64_t stored_size = load_le<std::uint32_t>(fixed, 18);
    std::uint64_t size = load_le<std::uint32_t>(fixed, 22);
    const std::size_t name_length = load_le<std::uint16_t>(fixed, 26);
    const std::size_t extra_length = load_le<std::uint16_t>(fixed, 28);
    entry.data = entry.header + kLocalBytes + name_length + extra_length;
    if (!range_fits(entry.data, entry.stored_size, directory))
      return cannot_be_read(Finding::Kind::outside, "its bytes do not end before the directory");
    const ByteSpan more = glances_.at(entry.header + kLocalBytes, name_length + extra_length);
    if (const std::string_view name = chars_of(more.first(name_length)); name != entry.name)
      tell(Finding::Kind::name_differs, "its local header calls it " + quoted(name));
    take_numbers_of_64_bits(number, more.subspan(name_length), size, stored_size);
    if (method != entry.method) {
      tell(Finding::Kind::method_differs, "its local header says method " + std::to_string(method) +
                                              ", and the directory " + std::to_string(entry.method));
    }
    if (flags != entry.flags) {
      tell(Finding::Kind::flags_differ, "its local header has the flags " + std::to_string(flags) +
                                            ", and the directory " + std::to_string(entry.flags));
    }
    judge_numbers(number, flags, crc, size, stored_size);
    return (flags & kHasDescriptor) == 0 ? entry.data + entry.stored_size : end_of_descriptor(number);
  }

 private:
  void take_numbers_of_64_bits(std::size_t number, ByteSpan extra, std::uint64_t& size,
                               std::uint64_t& stored_size) {
    const Entry& entry = archive_.directory_.entries[number];
    ByteSpan numbers;
    std::size_t fields = 0;
    const bool is_whole = for_each_extra_field(extra, [&](std::uint16_t field, ByteSpan content) {
      if (field == kNumbersOf64Bits && fields++ == 0) numbers = content;
    });
    for (std::uint64_t* wanted : {&size, &stored_size}) {
      if (*wanted != kElsewhere || numbers.size() < sizeof(std::uint64_t)) continue;
      *wanted = load_le<std::uint64_t>(numbers);
      numbers = numbers.subspan(sizeof(std::uint64_t));
    }
    if (is_whole && fields <= 1) return;
    tell_({Finding::Kind::extra_field, number, entry.header,
           is_whole ? "its local header has several fields of numbers of 64 bits"
                    : "the extra fields of its local header are cut short"});
  }

  /// A local header that comes before its bytes were known has zeros where the descriptor behind them tells.
  void judge_numbers(std::size_t number, std::uint16_t flags, std::uint32_t crc, std::uint64_t size,
                     std::uint64_t stored_size) {
    const Entry& entry = archive_.directory_.entries[number];
    const bool may_be_none = (flags & kHasDescriptor) != 0;
    const auto differs = [&](std::uint64_t local, std::uint64_t known) {
      return local != known && !(may_be_none && local == 0);
    };
    if (differs(size, entry.size) || differs(stored_size, entry.stored_size)) {
      tell_({Finding::Kind::numbers_differ, number, entry.header,
             "its local header says " + plural(size, "byte") + " (stored: " + with_thousands(stored_size) +
                 "), and the directory " + with_thousands(entry.size) +
                 " (stored: " + with_thousands(entry.stored_size) + ")"});
    } else if (differs(crc, entry.crc)) {
      tell_({Finding::Kind::numbers_differ, number, entry.header,
             "its local header has another CRC-32 than the directory"});
    }
  }

  /// A descriptor has its sizes in 32 or 64 bits, and a signature or none; which of them, it does not say.
  std::uint64_t end_of_descriptor(std::size_t number) {
    const Entry& entry = archive_.directory_.entries[number];
    const std::uint64_t begin = entry.data + entry.stored_size;
    constexpr std::size_t kMost = 24;
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(archive_.directory_.begin - begin, kMost));
    const ByteSpan bytes = glances_.at(begin, length);
    for (const std::size_t signature : {std::size_t{4}, std::size_t{0}}) {
      if (signature != 0 && !chars_of(bytes).starts_with(kDescriptor)) continue;
      for (const std::size_t width : {std::size_t{8}, std::size_t{4}}) {
        if (bytes.size() < signature + 4 + 2 * width) continue;
        const auto number_at = [&](std::size_t offset) {
          return width == 4 ? load_le<std::uint32_t>(bytes, offset) : load_le<std::uint64_t>(bytes, offset);
        };
        if (load_le<std::uint32_t>(bytes, signature) == entry.crc &&
            number_at(signature + 4) == entry.stored_size && number_at(signature + 4 + width) == entry.size)
          return begin + signature + 4 + 2 * width;
      }
    }
    tell_({Finding::Kind::descriptor, number, begin,
           "no descriptor of its bytes follows them, or another one than the directory has"});
    return begin;
  }

  void judge_place(std::size_t number, std::uint64_t begin, std::uint64_t reached, bool is_first) {
    if (begin < reached) {
      tell_({Finding::Kind::overlap, number, begin, "it shares bytes with another member"});
    } else if (begin > reached) {
      tell_({is_first ? Finding::Kind::leading : Finding::Kind::between, number, reached,
             plural(begin - reached, "byte") + (is_first ? " before the first member" : " before it")});
    }
  }

  Archive& archive_;
  const Tell& tell_;
  io::Glances glances_;
};

Archive::Archive(std::shared_ptr<const io::Input> input, const Window& window, const Tell& tell)
    : input_(std::move(input)), window_(window), directory_(read_directory(*input_, window_, tell)) {
  const auto& entries = directory_.entries;
  by_name_.resize(entries.size());
  std::iota(by_name_.begin(), by_name_.end(), std::uint32_t{0});
  std::ranges::sort(by_name_, [&](std::uint32_t a, std::uint32_t b) {
    const int order = entries[a].name.compare(entries[b].name);
    return order != 0 ? order < 0 : a < b;
  });
  for (std::size_t i = 1; i < by_name_.size(); ++i) {
    if (entries[by_name_[i]].name != entries[by_name_[i - 1]].name) continue;
    tell({Finding::Kind::duplicate, by_name_[i], entries[by_name_[i]].header,
          "another member has the same name"});
  }
}

Archive::Archive(const std::shared_ptr<const io::Input>& input, const Tell& tell)
    : Archive(input, {0, input->size()}, tell) {}

std::optional<std::size_t> Archive::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(
      by_name_, name, {}, [&](std::uint32_t number) { return directory_.entries[number].name; });
  if (found == by_name_.end() || directory_.entries[*found].name != name) return std::nullopt;
  return *found;
}

void Archive::read_local_headers(const Tell& tell) {
  LocalHeaders(*this, tell).read_all();
}

void Archive::locate(std::size_t number, const Tell& tell) {
  if (directory_.entries[number].is_readable) LocalHeaders(*this, tell).read(number);
}

namespace {

/// Of a deflated member.
std::shared_ptr<const InflatedBytes> inflated(const Archive& archive, std::size_t number,
                                              std::optional<std::uint32_t> expected_crc) {
  const Entry& entry = archive.entry(number);
  return std::make_shared<const InflatedBytes>(
      [&archive, number](std::uint64_t offset, std::span<std::byte> out) {
        archive.read_stored(number, offset, out);
      },
      InflatedBytes::Sizes{entry.stored_size, entry.size}, expected_crc);
}

void read_inflated(const Archive& archive, std::size_t number, const InflatedBytes& bytes,
                   std::uint64_t offset, std::span<std::byte> out) {
  try {
    bytes.read(offset, out);
  } catch (const CrcProblem& problem) {
    throw corrupt(archive, archive.entry(number), problem.what(), Code::hash);
  } catch (const InflateProblem& problem) {
    throw corrupt(archive, archive.entry(number), problem.what(), Code::malformed);
  }
}

}  // namespace

Bytes Archive::bytes_of(std::size_t number, std::uint64_t most,
                        std::optional<std::uint32_t> expected_crc) const {
  const Entry& entry = directory_.entries[number];
  if (entry.size > most) {
    throw UnsupportedError({input_->name(), entry.header, {}}, "its member " + quoted(entry.name) + " has " +
                                                                   plural(entry.size, "byte") + "; at most " +
                                                                   with_thousands(most) + " are handled");
  }
  if (entry.is_deflated()) {
    std::vector<std::byte> bytes;
    const auto source = inflated(*this, number, expected_crc);
    // What it inflates to is a claim until it is there.
    do {
      const std::size_t begin = bytes.size();
      bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(entry.size, begin + kAtOnce)));
      read_inflated(*this, number, *source, begin, std::span(bytes).subspan(begin));
    } while (bytes.size() < entry.size);
    return Bytes::own(std::move(bytes));
  }
  Bytes bytes = input_->view(entry.data, entry.size);
  if (expected_crc) {
    if (const std::uint32_t found = hash::crc32(bytes.view); found != *expected_crc)
      throw corrupt(*this, entry, crc_problem(found, *expected_crc), Code::hash);
  }
  return bytes;
}

io::ReadAt Archive::reader_of(std::size_t number, std::optional<std::uint32_t> expected_crc) const {
  if (!directory_.entries[number].is_deflated()) {
    return
        [this, number](std::uint64_t offset, std::span<std::byte> out) { read_stored(number, offset, out); };
  }
  return [this, number, source = inflated(*this, number, expected_crc)](std::uint64_t offset,
                                                                        std::span<std::byte> out) {
    read_inflated(*this, number, *source, offset, out);
  };
}

std::shared_ptr<io::Input> Archive::spooled(std::size_t number,
                                            std::optional<std::uint32_t> expected_crc) const {
  const Entry& entry = directory_.entries[number];
  const auto source = inflated(*this, number, expected_crc);
  io::SpoolFile file(input_->name());
  file.require_space(entry.size);
  std::vector<std::byte> block(static_cast<std::size_t>(std::min<std::uint64_t>(entry.size, kAtOnce)));
  std::uint64_t at = 0;
  do {
    const auto piece = std::span(block).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), entry.size - at)));
    read_inflated(*this, number, *source, at, piece);
    file.append(piece);
    at += piece.size();
  } while (at < entry.size);
  return io::FileInput::adopt(file.take(), input_->name());
}

}  // namespace aerotool::zip
