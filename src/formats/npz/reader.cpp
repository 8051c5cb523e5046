#include "formats/npz/reader.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/checked.hpp"
#include "core/distinct.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/zip/records.hpp"
#include "foreign/foreign.hpp"
#include "formats/npy/parse.hpp"
#include "formats/npz/check.hpp"
#include "hash/crc32.hpp"
#include "io/glances.hpp"
#include "model/known_archive.hpp"

namespace aerotool::npz {
namespace {

constexpr std::string_view kEnding = ".npy";

std::string quoted(std::string_view text) {
  return "'" + escape_controls(shortened(text)) + "'";
}

/// Whether two programs may see different things in an archive: nothing of it is used then.
bool is_ambiguous(zip::Finding::Kind kind) {
  using Kind = zip::Finding::Kind;
  switch (kind) {
    case Kind::duplicate:
    case Kind::name_differs:
    case Kind::overlap:
    case Kind::encrypted:
    case Kind::method:
    case Kind::impossible_size:
    case Kind::outside:
      return true;
    default:
      return false;
  }
}

std::string_view name_of(const zip::Entry& entry) {
  std::string_view name = entry.name;
  if (name.ends_with(kEnding)) name.remove_suffix(kEnding.size());
  return name;
}

/// Looks at what a member is, wherever its bytes are.
class MemberLook {
 public:
  MemberLook(const zip::Archive& archive, io::Glances& glances, std::size_t number)
      : archive_(archive), glances_(glances), number_(number) {
    const zip::Entry& entry = archive.entry(number);
    if (entry.is_deflated()) inflated_ = archive.reader_of(number, entry.crc);
  }
  ByteSpan at(std::uint64_t offset, std::size_t length) {
    if (!inflated_) return glances_.at(archive_.entry(number_).data + offset, length);
    bytes_.resize(length);
    if (length != 0) inflated_(offset, bytes_);
    return bytes_;
  }

 private:
  const zip::Archive& archive_;
  io::Glances& glances_;
  std::size_t number_;
  io::ReadAt inflated_;
  std::vector<std::byte> bytes_;
};

}  // namespace

NpzModel::NpzModel(std::shared_ptr<io::Input> input, Report& report) : input_(std::move(input)) {
  const std::uint64_t looked = std::min<std::uint64_t>(input_->size(), zip::kLocalHeader.size());
  const Bytes magic = input_->view(0, looked);
  if (magic.text() != zip::kLocalHeader && magic.text() != zip::kEnd)
    foreign::refuse(*input_, "a NumPy archive");
  const zip::Tell tell = [&](const zip::Finding& finding) {
    Where where{path(), finding.offset, {}};
    std::string message = finding.message;
    if (finding.entry) where.tensor = shortened(name_of(archive_->entry(*finding.entry)));
    is_ambiguous(finding.kind)
        ? report.unreadable(code_of(finding.kind), std::move(where), std::move(message))
        : report.fault(code_of(finding.kind), std::move(where), std::move(message));
  };
  // What is found before all of the directory is known is told when it has names.
  std::vector<zip::Finding> found;
  archive_ = std::make_unique<zip::Archive>(input_, [&](const zip::Finding& finding) {
    if (found.size() < Report::kMax) found.push_back(finding);
  });
  for (const zip::Finding& finding : found) tell(finding);
  archive_->read_local_headers(tell);
  read_arrays(report);
  reader_ = std::make_unique<const ArrayReader>(*archive_, tensors_, arrays_);
}

void NpzModel::read_arrays(Report& report) {
  io::Glances glances(*input_);
  std::uint64_t others = 0;
  std::string other;
  for (std::size_t number = 0; number < archive_->entries().size(); ++number) {
    const zip::Entry& entry = archive_->entry(number);
    if (!entry.is_readable || entry.is_directory()) continue;
    const Where where{path(), entry.data, std::string(shortened(name_of(entry)))};
    try {
      MemberLook member(*archive_, glances, number);
      const auto magic = static_cast<std::size_t>(std::min<std::uint64_t>(entry.size, npy::kMagic.size()));
      if (chars_of(member.at(0, magic)) != npy::kMagic) {
        if (others++ == 0) other = quoted(entry.name);
        continue;
      }
      npy::Array array = npy::read_array(
          entry.size, [&](std::uint64_t offset, std::size_t length) { return member.at(offset, length); },
          types_);
      const std::uint64_t begin = array.tensor.offset;
      if (!range_fits(begin, array.tensor.size, entry.size)) {
        report.unreadable(Code::short_file, where,
                          "has " + plural(entry.size - begin, "byte") + " of data, and its header says " +
                              with_thousands(array.tensor.size));
        continue;
      }
      StoredArray stored;
      stored.member = static_cast<std::uint32_t>(number);
      stored.data = static_cast<std::uint32_t>(begin);
      stored.storing = array.storing;
      stored.is_all = begin + array.tensor.size == entry.size;
      if (!stored.is_all) {
        report.fault(Code::stray, where,
                     plural(entry.size - begin - array.tensor.size, "byte") + " behind the array");
      } else if (!entry.is_deflated()) {
        // That of the whole member is the sum of those of its head and of its data.
        const std::uint32_t head = hash::crc32(member.at(0, static_cast<std::size_t>(begin)));
        stored.crc = entry.crc ^ hash::crc32_joined(head, 0, array.tensor.size);
      }
      array.tensor.name = name_of(entry);
      array.tensor.offset = entry.is_deflated() ? entry.data : entry.data + begin;
      tensors_.push_back(std::move(array.tensor));
      arrays_.push_back(stored);
    } catch (const npy::HeadProblem& problem) {
      report.unreadable(problem.code(), where, problem.what());
    } catch (const ContentError& error) {
      report.unreadable(error.code(), where, error.message());
      told_.insert(number);
    }
    if (report.full()) break;
  }
  DistinctHashes hashes;
  for (const Tensor& tensor : tensors_) hashes.add(tensor.name);
  if (!hashes.differ()) {
    std::vector<std::size_t> order(tensors_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {},
                             [&](std::size_t i) -> const std::string& { return tensors_[i].name; });
    for (std::size_t i = 1; i < order.size(); ++i) {
      const zip::Entry& one = archive_->entry(arrays_[order[i - 1]].member);
      const zip::Entry& two = archive_->entry(arrays_[order[i]].member);
      // What has one name as a member, too, has been told.
      if (tensors_[order[i]].name != tensors_[order[i - 1]].name || one.name == two.name) continue;
      report.unreadable(Code::duplicate, {path(), two.data, tensors_[order[i]].name},
                        "the members " + quoted(one.name) + " and " + quoted(two.name) + " are one array's");
    }
  }
  if (others == 0) return;
  report.warning(Code::trailing, {path(), {}, {}},
                 others == 1 ? "its member " + other + " is no array, and not read"
                             : with_thousands(others) + " of its members, such as " + other +
                                   ", are no arrays, and not read");
}

Overview NpzModel::overview() const {
  Overview overview;
  overview.format = "NumPy archive";
  overview.file_size = input_->size();
  overview.packed_size = input_->packed_size();
  overview.shards.push_back({"data", path(), 0, archive_->data_end(), tensors_.size()});
  if (!tensors_.empty())
    overview.integrity.push_back({.covers = Integrity::Covers::tensors, .algorithm = "CRC-32", .count = 0});
  return overview;
}

Source NpzModel::source() const {
  Source source;
  source.format = "npz";
  source.order = order_unless_by_name(tensors_);
  return source;
}

void NpzModel::expect_reads(std::span<const std::size_t> tensors) const {
  if (!is_remote()) return;
  std::vector<io::ByteRange> runs;
  runs.reserve(tensors.size());
  for (const std::size_t i : tensors) {
    const zip::Entry& entry = archive_->entry(arrays_[i].member);
    runs.push_back({entry.data, entry.data + entry.stored_size});
  }
  input_->expect_reads(runs);
}

io::ReadAt NpzModel::reader_of(std::size_t tensor) const {
  const auto reader = std::make_shared<const ArrayReader>(*archive_, tensors_, arrays_);
  return
      [reader, tensor](std::uint64_t offset, std::span<std::byte> out) { reader->read(tensor, offset, out); };
}

std::optional<StoredRange> NpzModel::stored_range(std::size_t tensor) const {
  const StoredArray& array = arrays_[tensor];
  const Tensor& described = tensors_[tensor];
  const zip::Entry& entry = archive_->entry(array.member);
  StoredRange range{.offset = described.offset, .length = described.size, .decoded_length = described.size};
  if (entry.is_deflated()) {
    range.encoding = StoredEncoding::deflate;
    range.length = entry.stored_size;
    return range;
  }
  const bool is_plain = array.storing.is_plain();
  if (array.storing.is_fortran) return std::nullopt;
  if (!is_plain) range.encoding = StoredEncoding::big_endian;
  if (array.is_all) {
    range.checksum =
        hash::checksum_of(hash::Algorithm::crc32, array.crc,
                          is_plain ? hash::Checksum::Over::decoded : hash::Checksum::Over::stored);
  }
  return range;
}

std::vector<KnownFile> NpzModel::known_files() const {
  std::vector<KnownFile> files = plainly_known_files(*this);
  KnownFile& file = files.front();
  add_archive(*archive_, file);
  for (const StoredArray& array : arrays_) {
    const zip::Entry& entry = archive_->entry(array.member);
    if (!entry.is_deflated())
      file.regions.push_back({entry.data, array.data, entry.name, RegionKind::header});
  }
  return files;
}

void NpzModel::require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const {
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const bool is_made = archive_->entry(arrays_[i].member).is_deflated() || !arrays_[i].storing.is_plain();
    if (tensors_[i].size == 0 && is_made && wanted(i)) reader_->read(i, 0, {});
  }
}

bool NpzModel::check(const CheckOptions& options, Report& report) const {
  if (options.level == CheckLevel::control) return false;
  if (options.level == CheckLevel::full)
    npz::check_data({*input_, *archive_, tensors_, arrays_, *reader_, told_}, options, report);
  return true;
}

}  // namespace aerotool::npz
