#include "formats/torch/check.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/zip/inflate.hpp"
#include "hash/crc32.hpp"
#include "io/pipeline.hpp"
#include "model/value_scan.hpp"
#include "transfer/file_check.hpp"

namespace aerotool::torch {
namespace {

constexpr std::size_t kTogether = 256;
constexpr std::uint64_t kMostRepeated = std::uint64_t{64} << 20;

class DataCheck {
 public:
  DataCheck(const CheckedCheckpoint& checked, const CheckOptions& options, Report& report)
      : checked_(checked), options_(options), report_(report) {}

  void run() {
    if (checked_.file.archive) check_members();
    if (options_.values) check_values();
  }

 private:
  const zip::Archive& archive() const { return *checked_.file.archive; }

  void go_through(std::vector<io::Region>& regions, unsigned jobs) {
    if (options_.progress != nullptr) {
      for (const io::Region& region : regions) options_.progress->total += region.length;
    }
    io::run(regions, {.jobs = jobs, .progress = options_.progress, .in_order = {}});
  }

  // ---- members

  void check_members() {
    std::vector<std::size_t> stored;
    for (std::size_t number = 0; number < archive().entries().size(); ++number) {
      const zip::Entry& entry = archive().entry(number);
      if (!entry.is_readable || !expected_crc(entry)) continue;
      if (entry.is_deflated()) {
        check_deflated(number);
        continue;
      }
      stored.push_back(number);
      if (stored.size() == kTogether) check_stored(stored);
    }
    check_stored(stored);
  }

  Where where_of(std::size_t number) const {
    return {checked_.input.name(), archive().entry(number).data, {}};
  }

  std::string about(std::size_t number, std::string_view what) const {
    return "its member " + shown(archive().entry(number).name) + ": " + std::string(what);
  }

  /// The tensors that lie in a member.
  std::vector<HitTensor> hit(std::size_t number) const {
    std::vector<HitTensor> tensors;
    for (std::size_t i = 0; i < checked_.tensors.size() && !report_.full(); ++i) {
      if (!checked_.reader.has_storage(i) || checked_.reader.place(i).entry != number) continue;
      const Tensor& tensor = checked_.tensors[i];
      tensors.push_back({tensor.name, checked_.input.name(), tensor.offset, tensor.size});
    }
    return tensors;
  }

  void check_stored(std::vector<std::size_t>& numbers) {
    std::vector<io::Region> regions(numbers.size());
    std::vector<std::unique_ptr<hash::Crc32OfPieces>> crcs;
    std::vector<io::ByteRange> runs;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::size_t number = numbers[i];
      const zip::Entry& entry = archive().entry(number);
      regions[i].length = entry.size;
      regions[i].read = [this, number](std::uint64_t offset, std::span<std::byte> out) {
        archive().read_stored(number, offset, out);
      };
      crcs.push_back(std::make_unique<hash::Crc32OfPieces>(entry.size));
      regions[i].visit = [&crc = *crcs.back()](std::uint64_t offset, ByteSpan bytes) {
        crc.add(offset, bytes);
      };
      runs.push_back({entry.data, entry.data + entry.size});
    }
    checked_.input.expect_reads(runs);
    go_through(regions, options_.jobs);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::uint32_t expected = archive().entry(numbers[i]).crc;
      if (crcs[i]->value() == expected) continue;
      report_.fault(Code::hash, where_of(numbers[i]),
                    about(numbers[i], zip::crc_problem(crcs[i]->value(), expected)), hit(numbers[i]));
    }
    numbers.clear();
  }

  void check_deflated(std::size_t number) {
    constexpr unsigned kFew = 2;
    const zip::Entry& entry = archive().entry(number);
    try {
      std::vector<io::Region> regions(1);
      regions[0].length = entry.size;
      regions[0].read = archive().reader_of(number, expected_crc(entry));
      if (entry.size == 0) regions[0].read(0, {});
      go_through(regions, std::min(options_.jobs, kFew));
    } catch (const ContentError& error) {
      report_.fault(error.code(), where_of(number), error.message(), hit(number));
    }
  }

  // ---- values

  void check_values() {
    ValueScan scan(checked_.tensors);
    for (std::uint32_t i = 0; i < checked_.tensors.size(); ++i) {
      if (!checked_.reader.has_storage(i) || checked_.tensors[i].size == 0) continue;
      // A view that repeats its storage can claim to be 16 TiB of 16 bytes.
      if (checked_.tensors[i].size > kMostRepeated &&
          checked_.tensors[i].size > checked_.reader.place(i).size)
        continue;
      try {
        std::vector<io::Region> regions(1);
        regions[0].length = checked_.tensors[i].size;
        regions[0].read = [this, i](std::uint64_t offset, std::span<std::byte> out) {
          checked_.reader.read(i, offset, out);
        };
        const std::uint64_t begin = 0;
        scan.visit(regions[0], std::span(&begin, 1), std::span(&i, 1));
        go_through(regions, options_.jobs);
      } catch (const ContentError&) {
        // Its member has been told of.
      }
    }
    CheckTally unasked;
    scan.tell(checked_.input.name(), report_, (options_.tally != nullptr ? *options_.tally : unasked).values);
  }

  const CheckedCheckpoint& checked_;
  const CheckOptions& options_;
  Report& report_;
};

}  // namespace

void check_data(const CheckedCheckpoint& checked, const CheckOptions& options, Report& report) {
  CheckOptions of_file = options;
  of_file.values = false;
  check_file(checked.input, {}, of_file, report);
  DataCheck(checked, options, report).run();
}

}  // namespace aerotool::torch
