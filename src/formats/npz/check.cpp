#include "formats/npz/check.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/zip/inflate.hpp"
#include "hash/crc32.hpp"
#include "io/pipeline.hpp"
#include "model/value_scan.hpp"
#include "transfer/file_check.hpp"

namespace aerotool::npz {
namespace {

constexpr std::size_t kTogether = 256;
constexpr std::uint32_t kNone = UINT32_MAX;

class DataCheck {
 public:
  DataCheck(const CheckedArchive& checked, const CheckOptions& options, Report& report)
      : checked_(checked),
        options_(options),
        report_(report),
        scan_(checked.tensors),
        tensor_of_(checked.archive.entries().size(), kNone) {
    for (std::size_t i = 0; i < checked.arrays.size(); ++i)
      tensor_of_[checked.arrays[i].member] = static_cast<std::uint32_t>(i);
  }

  void run() {
    std::vector<std::size_t> stored;
    for (std::size_t number = 0; number < tensor_of_.size(); ++number) {
      const zip::Entry& entry = checked_.archive.entry(number);
      if (!entry.is_readable || checked_.told.contains(number)) continue;
      if (entry.is_deflated()) {
        check_deflated(number);
        continue;
      }
      stored.push_back(number);
      if (stored.size() == kTogether) check_stored(stored);
    }
    check_stored(stored);
    CheckTally unasked;
    if (options_.values)
      scan_.tell(checked_.input.name(), report_,
                 (options_.tally != nullptr ? *options_.tally : unasked).values);
  }

 private:
  Where where_of(std::size_t number) const {
    const zip::Entry& entry = checked_.archive.entry(number);
    const std::uint32_t tensor = tensor_of_[number];
    if (tensor == kNone) return {checked_.input.name(), entry.data, {}};
    return {checked_.input.name(), entry.data, shortened(checked_.tensors[tensor].name)};
  }
  std::vector<HitTensor> hit(std::size_t number) const {
    const std::uint32_t tensor = tensor_of_[number];
    if (tensor == kNone) return {};
    const Tensor& described = checked_.tensors[tensor];
    return {{described.name, checked_.input.name(), described.offset, described.size}};
  }
  bool is_scanned_with(std::size_t number) const {
    const std::uint32_t tensor = tensor_of_[number];
    return options_.values && tensor != kNone && checked_.arrays[tensor].storing.is_plain();
  }

  void scan(io::Region& region, std::uint64_t begin, std::uint32_t tensor) {
    scan_.visit(region, std::span(&begin, 1), std::span(&tensor, 1));
  }

  void go_through(std::vector<io::Region>& regions, unsigned jobs) {
    if (options_.progress != nullptr) {
      for (const io::Region& region : regions) options_.progress->total += region.length;
    }
    io::run(regions, {.jobs = jobs, .progress = options_.progress, .in_order = {}});
  }

  /// Of arrays whose bytes are not those of numbers as they are stored.
  void check_values(std::size_t number) {
    const std::uint32_t tensor = tensor_of_[number];
    if (!options_.values || tensor == kNone || checked_.arrays[tensor].storing.is_plain()) return;
    std::vector<io::Region> regions(1);
    regions[0].length = checked_.tensors[tensor].size;
    regions[0].read = [this, tensor](std::uint64_t offset, std::span<std::byte> out) {
      checked_.reader.read(tensor, offset, out);
    };
    scan(regions[0], 0, tensor);
    go_through(regions, options_.jobs);
  }

  void check_stored(std::vector<std::size_t>& numbers) {
    std::vector<io::Region> regions(numbers.size());
    std::vector<std::unique_ptr<hash::Crc32OfPieces>> crcs;
    std::vector<io::ByteRange> runs;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::size_t number = numbers[i];
      const zip::Entry& entry = checked_.archive.entry(number);
      io::Region& region = regions[i];
      region.length = entry.size;
      region.read = [this, number](std::uint64_t offset, std::span<std::byte> out) {
        checked_.archive.read_stored(number, offset, out);
      };
      if (is_scanned_with(number)) scan(region, checked_.arrays[tensor_of_[number]].data, tensor_of_[number]);
      crcs.push_back(std::make_unique<hash::Crc32OfPieces>(entry.size));
      region.visit = [look = std::move(region.visit), &crc = *crcs.back()](std::uint64_t offset,
                                                                           ByteSpan bytes) {
        crc.add(offset, bytes);
        if (look) look(offset, bytes);
      };
      runs.push_back({entry.data, entry.data + entry.size});
    }
    checked_.input.expect_reads(runs);
    go_through(regions, options_.jobs);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::uint32_t expected = checked_.archive.entry(numbers[i]).crc;
      if (crcs[i]->value() == expected) {
        check_values(numbers[i]);
        continue;
      }
      report_.fault(Code::hash, where_of(numbers[i]), zip::crc_problem(crcs[i]->value(), expected),
                    hit(numbers[i]));
    }
    numbers.clear();
  }

  void check_deflated(std::size_t number) {
    constexpr unsigned kFew = 2;
    const zip::Entry& entry = checked_.archive.entry(number);
    try {
      std::vector<io::Region> regions(1);
      regions[0].length = entry.size;
      regions[0].read = checked_.archive.reader_of(number, entry.crc);
      if (is_scanned_with(number))
        scan(regions[0], checked_.arrays[tensor_of_[number]].data, tensor_of_[number]);
      if (entry.size == 0) regions[0].read(0, {});
      go_through(regions, std::min(options_.jobs, kFew));
      check_values(number);
    } catch (const ContentError& error) {
      report_.fault(error.code(), where_of(number), error.message(), hit(number));
    }
  }

  const CheckedArchive& checked_;
  const CheckOptions& options_;
  Report& report_;
  ValueScan scan_;
  std::vector<std::uint32_t> tensor_of_;  // by entry
};

}  // namespace

void check_data(const CheckedArchive& checked, const CheckOptions& options, Report& report) {
  CheckOptions of_file = options;
  of_file.values = false;
  check_file(checked.input, {}, of_file, report);
  DataCheck(checked, options, report).run();
}

}  // namespace aerotool::npz
