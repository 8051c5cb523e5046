#include "transfer/file_check.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <utility>

#include "core/text.hpp"
#include "io/pipeline.hpp"
#include "model/value_scan.hpp"

namespace aerotool {

void ValueFindings::add(ValueFindings other) {
  tensors += other.tensors;
  std::move(other.found.begin(), other.found.end(), std::back_inserter(found));
}

void CheckTally::add(CheckTally other) {
  sha256_files += other.sha256_files;
  values.add(std::move(other.values));
}

FileSha256::FileSha256(const io::Input& input, const CheckOptions& options)
    : input_(input), expected_(options.sha256) {
  if (!expected_.empty() && input.packed_size()) {
    throw UsageError(describe({input.name(), {}, {}},
                              "is compressed, and --sha256 is for files as they are: unpack it first"));
  }
  if (input.expected_sha256()) expected_.push_back({*input.expected_sha256(), input.expected_by()});
}

void FileSha256::judge(Report& report, CheckTally& tally) {
  if (!wanted()) return;
  const Digest found = sha256_.finish();
  ++tally.sha256_files;
  for (const ExpectedSha256& expected : expected_) {
    if (found == expected.digest) continue;
    report.fault(Code::hash, {input_.name(), {}, {}},
                 "its SHA-256 is " + to_hex(found) + ", " + std::string(expected.from) + " says " +
                     to_hex(expected.digest));
  }
}

void check_file(const io::Input& input, const std::vector<Tensor>& tensors, const CheckOptions& options,
                Report& report) {
  FileSha256 sha256(input, options);
  if (!options.values && !sha256.wanted()) return;
  ValueScan scan(tensors);
  std::vector<io::Region> whole(1);
  whole[0].length = input.size();
  whole[0].read = [&](std::uint64_t offset, std::span<std::byte> out) { input.read(offset, out); };
  if (options.values) {
    std::vector<std::uint32_t> order(tensors.size());
    std::iota(order.begin(), order.end(), std::uint32_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return tensors[a].offset < tensors[b].offset; });
    scan.visit(whole[0], 0, order);
  }
  input.expect_reads(std::array{io::ByteRange{0, input.size()}});
  if (options.progress != nullptr) options.progress->total += input.size();
  io::RunOptions run = {.jobs = options.jobs, .progress = options.progress, .in_order = {}};
  if (sha256.wanted()) run.in_order = [&](ByteSpan bytes) { sha256.add(bytes); };
  io::run(whole, run);
  CheckTally unasked;
  CheckTally& tally = options.tally != nullptr ? *options.tally : unasked;
  if (options.values) scan.tell(input.name(), report, tally.values);
  sha256.judge(report, tally);
}

}  // namespace aerotool
