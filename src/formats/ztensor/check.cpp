#include "formats/ztensor/check.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/ztensor/part_stream.hpp"
#include "formats/ztensor/rules.hpp"
#include "formats/ztensor/sparse_check.hpp"
#include "hash/running_checksum.hpp"
#include "io/pipeline.hpp"
#include "io/seekable_zstd.hpp"
#include "model/value_rules.hpp"
#include "model/value_scan.hpp"
#include "transfer/file_check.hpp"

namespace aerotool::ztensor {
namespace {

Where where_of(const CheckedFile& file, std::size_t tensor) {
  const Tensor& described = file.table.tensors[tensor];
  const auto& input = file.files[file.table.parts[tensor].file];
  return {input->name(), described.offset, shortened(described.name)};
}

/// That of the decoded bytes.
std::optional<hash::Checksum> decoded_digest(const TensorTable& table, std::size_t tensor) {
  const StoredPart& part = table.parts[tensor];
  const bool is_as_stored = part.encoding == Encoding::raw && part.swapped_width == 1;
  const auto checksum = table.checksum(tensor);
  const bool is_of_decoded = checksum && (is_as_stored || checksum->over == hash::Checksum::Over::decoded);
  return is_of_decoded ? checksum : std::nullopt;
}

bool is_bool(const CheckedFile& file, std::size_t tensor) {
  return file.checks_bools && file.table.tensors[tensor].dtype == DType(DTypeCode::boolean);
}

/// Takes the bytes of all parts in order.
class PartJudge {
 public:
  PartJudge(const CheckedFile& file, const PartStream& stream, Report& report)
      : file_(file), stream_(stream), report_(report) {}

  void add(ByteSpan bytes) {
    while (!bytes.empty()) {
      const Tensor& tensor = file_.table.tensors[stream_.tensors()[at_]];
      if (position_ == 0) begin();
      const auto piece = bytes.first(std::min<std::uint64_t>(bytes.size(), tensor.size - position_));
      look(piece);
      position_ += piece.size();
      bytes = bytes.subspan(piece.size());
      if (position_ == tensor.size) end();
    }
  }
  /// Parts without bytes at the end.
  void finish() {
    while (at_ < stream_.tensors().size()) {
      begin();
      end();
    }
  }

 private:
  void begin() {
    checksum_.reset();
    if (const auto digest = decoded_digest(file_.table, stream_.tensors()[at_]))
      checksum_.emplace(digest->algorithm);
    other_bool_.reset();
    looks_at_bools_ = is_bool(file_, stream_.tensors()[at_]);
  }

  void look(ByteSpan bytes) {
    if (checksum_) checksum_->add(bytes);
    if (!looks_at_bools_ || other_bool_) return;
    const auto other = std::ranges::find_if(bytes, [](std::byte b) { return b > std::byte{1}; });
    if (other != bytes.end()) other_bool_ = position_ + static_cast<std::uint64_t>(other - bytes.begin());
  }

  void end() {
    judge();
    ++at_;
    position_ = 0;
    // Those without bytes pass no byte by.
    while (at_ < stream_.tensors().size() && file_.table.tensors[stream_.tensors()[at_]].size == 0) {
      begin();
      judge();
      ++at_;
    }
  }

  void judge() {
    const std::size_t tensor = stream_.tensors()[at_];
    if (const auto broken = stream_.broken(at_)) {
      report_.fault(broken->code, broken->where, broken->message);
      return;
    }
    if (checksum_) {
      const hash::Checksum expected = file_.table.checksums.at(tensor);
      const hash::Checksum found = checksum_->finish(expected.over);
      if (found != expected) {
        report_.fault(code_of(Rule::digest), where_of(file_, tensor),
                      said(Rule::digest, "its bytes have " + hash::to_string(found) + ", and the file says " +
                                             hash::to_string(expected)));
      }
    }
    if (other_bool_) {
      report_.fault(code_of(Rule::layout_data), where_of(file_, tensor),
                    said(Rule::layout_data, "element " + std::to_string(*other_bool_) +
                                                " is neither 0 nor 1, as a bool has to be"));
    }
  }

  const CheckedFile& file_;
  const PartStream& stream_;
  Report& report_;
  std::size_t at_ = 0;
  std::uint64_t position_ = 0;  // in the part
  std::optional<hash::RunningChecksum> checksum_;
  bool looks_at_bools_ = false;
  std::optional<std::uint64_t> other_bool_;
};

/// All parts.
std::vector<std::uint32_t> in_order_of_files(const CheckedFile& file) {
  std::vector<std::uint32_t> order(file.table.tensors.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::ranges::sort(order, {}, [&](std::uint32_t i) {
    return std::tuple(file.table.parts[i].file, file.table.tensors[i].offset, i);
  });
  return order;
}

/// Those that only reading tells something of, in the order of the files. Parts that share their bytes are
/// all among them: they may be held to different digests.
std::vector<std::uint32_t> parts_to_read(const CheckedFile& file, bool values) {
  std::vector<std::uint32_t> order = in_order_of_files(file);
  std::erase_if(order, [&](std::uint32_t i) {
    const StoredPart& part = file.table.parts[i];
    if (!file.files[part.file]) return true;
    const bool is_read = part.encoding != Encoding::raw || file.table.checksums.has(i) || is_bool(file, i) ||
                         (values && value_rule(file.table.tensors[i].dtype) != nullptr);
    return !is_read;
  });
  return order;
}

bool has_frames(const TensorTable& table, std::uint32_t tensor) {
  return table.parts[tensor].encoding == Encoding::zstd_seekable &&
         table.tensors[tensor].size > io::kUsualSeekableFrame;
}

/// A part of many frames is a region by itself, so that the runs of the threads begin where frames do.
std::vector<io::Region> regions_of(const PartStream& stream, const TensorTable& table, ValueScan* scan) {
  const auto tensors = stream.tensors();
  std::vector<std::size_t> firsts;
  for (std::size_t at = 0; at < tensors.size(); ++at) {
    if (at == 0 || has_frames(table, tensors[at]) || has_frames(table, tensors[at - 1])) firsts.push_back(at);
  }
  std::vector<io::Region> regions(firsts.size());
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const std::size_t end = i + 1 < firsts.size() ? firsts[i + 1] : tensors.size();
    const auto own = tensors.subspan(firsts[i], end - firsts[i]);
    const std::uint64_t begin = stream.begins()[firsts[i]];
    std::vector<std::uint64_t> begins;
    for (std::size_t at = firsts[i]; at < end; ++at) begins.push_back(stream.begins()[at] - begin);
    io::Region& region = regions[i];
    region.length = begins.back() + table.tensors[own.back()].size;
    region.read = [&stream, begin](std::uint64_t offset, std::span<std::byte> out) {
      stream.read(begin + offset, out);
    };
    if (has_frames(table, own.front())) region.run = io::kUsualSeekableFrame;
    if (scan != nullptr) scan->visit(region, begins, own);
  }
  return regions;
}

void expect_reads(const CheckedFile& file, const std::vector<std::uint32_t>& parts) {
  for (std::size_t number = 0; number < file.files.size(); ++number) {
    if (!file.files[number] || file.files[number]->remote() == nullptr) continue;
    std::vector<io::ByteRange> runs;
    for (const std::uint32_t i : parts) {
      const std::uint64_t begin = file.table.tensors[i].offset;
      if (file.table.parts[i].file == number) runs.push_back({begin, begin + file.table.parts[i].length});
    }
    file.files[number]->expect_reads(runs);
  }
}

/// Goes through parts one behind the other. `is_alone`: what is wrong with the only one ends that.
void check_run(const CheckedFile& file, std::vector<std::uint32_t> parts, bool is_alone,
               const CheckOptions& options, ValueScan& scan, Report& report) {
  expect_reads(file, parts);
  const PartStream stream(file.reader, file.table, std::move(parts), is_alone);
  std::vector<io::Region> regions = regions_of(stream, file.table, options.values ? &scan : nullptr);
  PartJudge judge(file, stream, report);
  if (options.progress != nullptr) options.progress->total += stream.length();
  try {
    io::run(regions, {.jobs = file.jobs, .progress = options.progress, .in_order = [&](ByteSpan bytes) {
                        judge.add(bytes);
                      }});
    judge.finish();
  } catch (const ContentError& error) {
    report.fault(error.code(), error.where(), error.message());
  }
}

void check_parts(const CheckedFile& file, const CheckOptions& options, CheckTally& tally, Report& report) {
  // What a broken part of such a size is said to decode to is not worth to be gone through.
  constexpr std::uint64_t kLarge = std::uint64_t{16} << 20;
  ValueScan scan(file.table.tensors);
  std::vector<std::uint32_t> together;
  std::vector<std::uint32_t> alone;
  for (const std::uint32_t part : parts_to_read(file, options.values)) {
    const bool is_large =
        file.table.parts[part].encoding != Encoding::raw && file.table.tensors[part].size > kLarge;
    (is_large ? alone : together).push_back(part);
  }
  check_run(file, std::move(together), false, options, scan, report);
  for (const std::uint32_t part : alone) check_run(file, {part}, true, options, scan, report);
  if (options.values) scan.tell(file.files.front()->name(), report, tally.values);
}

/// Between blobs, up to the next multiple of the alignment, where another one may begin. What lies behind it
/// is of no blob, which the format allows.
void check_padding(const CheckedFile& file, Report& report) {
  std::array<std::byte, kAlignment2> block{};
  std::uint32_t number = 0;
  std::uint64_t covered = kMagicSize;  // of the file with that number
  constexpr std::size_t kNone = SIZE_MAX;
  std::size_t last = kNone;  // the tensor whose blob ends there; none at the beginning
  const auto look = [&](std::uint64_t next) {
    if (!file.files[number] || covered % file.alignment == 0) return;
    const std::uint64_t stop = std::min({align_up(covered, file.alignment), file.blobs_end_of(number), next});
    if (stop <= covered) return;
    const auto padding = std::span(block).first(stop - covered);
    file.files[number]->read(covered, padding);
    const auto other = std::ranges::find_if(padding, [](std::byte b) { return b != std::byte{0}; });
    if (other == padding.end()) return;
    const bool is_behind = last != kNone;
    Where where = is_behind ? where_of(file, last) : Where{file.files[number]->name(), {}, {}};
    where.offset = covered + static_cast<std::uint64_t>(other - padding.begin());
    report.fault(code_of(Rule::padding), std::move(where),
                 said(Rule::padding, is_behind ? "the padding behind it is not zero"
                                               : "the padding behind the magic is not zero"));
  };
  for (const std::uint32_t tensor : in_order_of_files(file)) {
    const StoredPart& part = file.table.parts[tensor];
    const std::uint64_t begin = file.table.tensors[tensor].offset;
    if (part.length == 0) continue;
    const bool is_in_other = part.file != number;
    look(is_in_other ? UINT64_MAX : begin);
    if (is_in_other) {
      covered = kMagicSize;
      last = kNone;
    }
    number = part.file;
    if (begin + part.length <= covered) continue;
    covered = begin + part.length;
    last = tensor;
  }
  look(UINT64_MAX);
}

/// The last half of a byte that an odd number of f4_e2m1 leaves over is 0.
void check_last_halves(const CheckedFile& file, Report& report) {
  for (const Object& object : file.table.objects) {
    if (element_count(object.shape).value_or(0) % 2 == 0) continue;
    for (const Object::Part& part : object.parts) {
      const std::uint64_t size = file.table.tensors[part.tensor].size;
      if (part.type != "f4_e2m1" || size == 0 || !file.files[file.table.parts[part.tensor].file]) continue;
      std::byte last{};
      try {
        file.reader.read(part.tensor, size - 1, std::span(&last, 1));
      } catch (const ContentError&) {
        continue;  // what cannot be decoded has been told
      }
      if ((last >> 4) == std::byte{0}) continue;
      report.fault(code_of(Rule::layout_data), where_of(file, part.tensor),
                   said(Rule::layout_data, "the half of its last byte that is left over is not 0"));
    }
  }
}

void check_shards(const CheckedFile& file, const CheckOptions& options, Report& report) {
  for (std::size_t i = 0; i < file.shards.size(); ++i) {
    if (!file.shards[i].digest || !file.files[i + 1]) continue;
    if (options.progress != nullptr) options.progress->total += file.shards[i].size;
    try {
      require_digest(*file.files[i + 1], file.shards[i], options.jobs, options.progress);
    } catch (const CorruptError& error) {
      report.fault(error.code(), error.where(), error.message());
    }
  }
}

}  // namespace

void check_data(const CheckedFile& file, const CheckOptions& options, Report& report) {
  CheckTally unasked;
  CheckTally& tally = options.tally != nullptr ? *options.tally : unasked;
  CheckOptions of_file = options;
  of_file.values = false;
  check_file(*file.files.front(), {}, of_file, report);
  check_parts(file, options, tally, report);
  check_last_halves(file, report);
  check_sparse(file, report);
  check_padding(file, report);
  check_shards(file, options, report);
}

}  // namespace aerotool::ztensor
