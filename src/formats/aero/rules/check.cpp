#include "formats/aero/rules/check.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/aero/read/integrity.hpp"
#include "formats/aero/read/metadata_chunk.hpp"
#include "formats/aero/read/source.hpp"
#include "formats/aero/rules/side_files.hpp"
#include "io/pipeline.hpp"
#include "model/value_scan.hpp"
#include "transfer/file_check.hpp"

namespace aerotool::aero {
namespace {

class Checker {
 public:
  Checker(const OpenedFile& file, const ShardMap& shards, const TensorTable& table,
          const CheckOptions& options, Report& report)
      : file_(file),
        shards_(shards),
        table_(table),
        options_(options),
        report_(report),
        scan_(table.tensors),
        sha256_(*file.input, options) {}

  void run() {
    const bool full = options_.level == CheckLevel::full;
    check_source();
    check_page_hash_chunks();
    check_side_files(file_.input, file_.container, report_);
    // Where an entry of the TOC cannot be used, what it should have covered is missed everywhere.
    if (file_.whole_toc()) check_gaps(full);
    if (full) {
      check_unread_chunks();
      check_weights();
      if (options_.values) scan_.tell(file_.path(), report_, tally().values);
      sha256_.judge(report_, tally());
    }
  }

 private:
  Where at(std::uint64_t offset) const { return {file_.path(), offset, {}}; }
  const std::vector<Chunk>& chunks() const { return file_.chunks(); }

  void check_source() {
    if (!file_.manifest.sound) return;
    const Chunk* chunk = file_.find(kManifest);
    Report again(Report::Mode::judge);  // what is wrong with the rest of MMSG has been told
    const Manifest whole = whole_manifest(file_, again);
    if (!whole.sound && !again.findings().empty()) {
      report_.unreadable(again.findings().back().code, at(chunk->offset), again.findings().back().message);
      return;
    }
    if (!whole.has_source) return;
    std::string problem;
    const auto source = source_from_value(whole.source, problem);
    if (!source) {
      report_.fault(Code::metadata, at(chunk->offset), "MMSG: " + problem);
      return;
    }
    std::vector<std::uint64_t> in_files;
    for (const SourceFile& file : source->files)
      in_files.insert(in_files.end(), file.order.begin(), file.order.end());
    const bool sound =
        (!source->order || names_all(*source->order)) && (source->files.empty() || names_all(in_files));
    if (!sound)
      report_.fault(Code::metadata, at(chunk->offset),
                    "MMSG: \"source\": \"order\" does not name every tensor once");
  }

  bool names_all(std::vector<std::uint64_t> order) const {
    std::sort(order.begin(), order.end());
    std::vector<std::uint64_t> all(table_.tensors.size());
    std::iota(all.begin(), all.end(), 0);
    return order == all;
  }

  void check_page_hash_chunks() {
    for (const Chunk& chunk : chunks()) {
      if (chunk.fourcc != kPageHashes) continue;
      const auto shard = shards_.of_page_hashes(chunk);
      if (!shard) {
        report_.fault(Code::malformed, at(chunk.offset), label(chunk) + ": there is no shard with that name");
      } else {
        pages_.emplace(*shard, read_page_hashes(*file_.input, chunk, shards_[*shard], report_));
      }
    }
  }

  /// Bytes that no chunk covers are zeros. Without --full no page is looked at that holds weights and no
  /// metadata, but for what follows the last chunk, where there should be nothing.
  void check_gaps(bool full) {
    struct Range {
      std::uint64_t begin, end;
      bool weights;
    };
    const Container& c = file_.container;
    std::vector<Range> ranges = {
        {0, kHeaderBytes, false},
        {c.toc_offset, c.toc_offset + kTocHeaderBytes + kTocEntryBytes * c.entry_count, false},
        {c.string_table_offset, c.string_table_offset + c.string_table_length, false}};
    for (const Chunk& chunk : chunks()) {
      if (chunk.length != 0) ranges.push_back({chunk.offset, chunk.end(), chunk.fourcc == kWeights});
    }
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
    std::uint64_t reached = 0;
    bool after_weights = false;
    for (const Range& range : ranges) {
      if (range.begin > reached) check_gap(reached, range.begin, after_weights, range.weights, full);
      if (range.end >= reached) {
        reached = range.end;
        after_weights = range.weights;
      }
    }
    check_gap(reached, file_.input->size(), false, false, full);
  }

  void check_gap(std::uint64_t begin, std::uint64_t end, bool after_weights, bool before_weights, bool full) {
    constexpr std::uint64_t kPage = 4096;
    constexpr std::uint64_t kMaxUnasked = std::uint64_t{2} << 20;  // the largest alignment
    if (full) {
      check_zeros(begin, end);
      return;
    }
    // A page at either end may be shared with metadata on the other side, which has been looked at anyway.
    const bool one_page = begin / kPage == end / kPage;
    std::uint64_t from = begin;
    std::uint64_t to = std::min(end, begin + kMaxUnasked);
    if (after_weights && !(one_page && !before_weights)) from = align_up(begin, kPage);
    if (before_weights && !(one_page && !after_weights)) to = std::min(to, end / kPage * kPage);
    if (before_weights && !after_weights && !one_page)
      check_zeros(begin, std::min(align_up(begin, kPage), end));
    if (from < to) check_zeros(from, to);
  }

  void check_zeros(std::uint64_t begin, std::uint64_t end) {
    constexpr std::uint64_t kBlock = std::uint64_t{1} << 20;
    for (std::uint64_t offset = begin; offset < end; offset += kBlock) {
      const Bytes kept = file_.input->view(offset, std::min(kBlock, end - offset));
      const ByteSpan bytes = kept.view;
      const auto stray =
          std::find_if(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{0}; });
      if (stray == bytes.end()) continue;
      report_.fault(Code::stray, at(offset + static_cast<std::uint64_t>(stray - bytes.begin())),
                    "a byte that is not zero lies outside every chunk (bytes " + std::to_string(begin) +
                        " to " + std::to_string(end) + " belong to none)");
      return;
    }
  }

  /// The hashes of side files and of chunks that this version does not know.
  void check_unread_chunks() {
    for (const Chunk& chunk : chunks()) {
      const bool over_cap =
          chunk.compressed() && chunk.uncompressed_length > kMaxMetadata;  // which has been told
      const bool unread = !known_fourcc(chunk.fourcc) || chunk.fourcc == kSideFile;
      if (unread && !over_cap) check_chunk_bytes(*file_.input, chunk, report_);
    }
  }

  /// Every shard in one read: its own hash, its tensors' and its pages'.
  void check_weights() {
    const auto& tensors = table_.tensors;
    std::vector<io::HashTask> shard_tasks(shards_.size());
    std::vector<io::HashTask> tensor_tasks(tensors.size());
    std::vector<io::Region> regions(shards_.size());
    for (std::size_t i = 0; i < regions.size(); ++i) {
      const Chunk& chunk = shards_[i];
      regions[i].length = chunk.length;
      regions[i].read = [&input = *file_.input, start = chunk.offset](std::uint64_t offset,
                                                                      std::span<std::byte> out) {
        input.read(start + offset, out);
      };
      io::add_whole_digest(regions[i], shard_tasks[i]);
      const auto pages = pages_.find(i);
      if (pages != pages_.end() && !pages->second.digests.empty())
        regions[i].page_size = pages->second.page_size;
      regions[i].layers.emplace_back();
    }
    for (std::size_t shard = 0; shard < regions.size(); ++shard) {
      const std::uint64_t start = shards_[shard].offset;
      for (const std::size_t i : table_.of_shard(shard)) {
        const Tensor& tensor = tensors[i];
        // A tensor that fills its shard has the shard's hash.
        if (!tensor.digest || tensor.size == regions[shard].length) continue;
        const std::uint64_t begin = tensor.offset - start;
        tensor_tasks[i].length = tensor.size;
        tensor_tasks[i].read = &regions[shard].read;
        tensor_tasks[i].base = begin;
        regions[shard].layers.back().push_back({begin, begin + tensor.size, &tensor_tasks[i], 0});
      }
    }
    if (options_.values) {
      for (std::size_t shard = 0; shard < regions.size(); ++shard)
        scan_.visit(regions[shard], shards_[shard].offset, table_.of_shard(shard));
    }
    if (options_.progress != nullptr) {
      for (const io::Region& region : regions) options_.progress->total += region.length;
    }
    run_over_file(regions);
    for (std::size_t i = 0; i < regions.size(); ++i)
      judge_shard(i, shard_tasks[i].digest, tensor_tasks, regions[i]);
  }

  /// Goes through the shards, and through the whole file in order where its bytes are wanted.
  void run_over_file(std::vector<io::Region>& shards) {
    const io::RunOptions unordered = {.jobs = options_.jobs, .progress = options_.progress, .in_order = {}};
    if (!sha256_.wanted()) {
      std::vector<io::ByteRange> runs;
      for (std::size_t shard = 0; shard < shards.size(); ++shard)
        runs.push_back({shards_[shard].offset, shards_[shard].end()});
      file_.input->expect_reads(runs);
      io::run(shards, unordered);
      return;
    }
    file_.input->expect_reads(std::array{io::ByteRange{0, file_.input->size()}});
    io::RunOptions ordered = unordered;
    ordered.in_order = [this](ByteSpan bytes) { sha256_.add(bytes); };
    std::vector<std::size_t> order(shards.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto chunk_of = [&](std::size_t shard) -> const Chunk& { return shards_[shard]; };
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return chunk_of(a).offset < chunk_of(b).offset; });
    std::uint64_t reached = 0;
    const auto pass_over = [&](std::uint64_t end) {
      std::vector<io::Region> between(1);
      between[0].length = end - reached;
      between[0].read = [&, begin = reached](std::uint64_t offset, std::span<std::byte> out) {
        file_.input->read(begin + offset, out);
      };
      io::run(between, ordered);
    };
    for (const std::size_t shard : order) {
      const Chunk& chunk = chunk_of(shard);
      // Of a shard that begins in another some bytes have been handed over, and the rest will be.
      const bool in_turn = chunk.offset >= reached;
      if (in_turn) pass_over(chunk.offset);
      io::run(std::span(&shards[shard], 1), in_turn ? ordered : unordered);
      if (in_turn) reached = chunk.end();
    }
    pass_over(file_.input->size());
  }

  std::vector<HitTensor> hit_in(std::size_t shard, std::uint64_t begin, std::uint64_t end) const {
    std::vector<HitTensor> hit;
    if (!report_.full()) add_tensors_in(table_, file_.path(), shard, begin, end, hit);
    return hit;
  }

  void judge_shard(std::size_t shard, const Digest& found, const std::vector<io::HashTask>& tensor_tasks,
                   const io::Region& region) {
    const Chunk& chunk = shards_[shard];
    bool finer = false;
    for (const std::size_t i : table_.of_shard(shard)) {
      const Tensor& tensor = table_.tensors[i];
      if (!tensor.digest) continue;
      const Digest& digest = tensor.size == region.length ? found : tensor_tasks[i].digest;
      if (digest == *tensor.digest) continue;
      finer = true;
      report_.fault(Code::hash, Where{file_.path(), tensor.offset, tensor.name},
                    "its bytes are corrupt: their BLAKE3 is " + to_hex(digest) + ", hash_b3 says " +
                        to_hex(*tensor.digest),
                    {{tensor.name, file_.path(), tensor.offset, tensor.size}});
    }
    const auto pages = pages_.find(shard);
    if (pages != pages_.end()) {
      for (std::size_t page = 0; page < region.page_digests.size(); ++page) {
        if (region.page_digests[page] == pages->second.digests[page]) continue;
        finer = true;
        const std::uint64_t begin = chunk.offset + page * region.page_size;
        const std::uint64_t end = std::min(begin + region.page_size, chunk.end());
        report_.fault(Code::hash, at(begin),
                      "page " + std::to_string(page) + " of " + escape_controls(chunk.name) + " (bytes " +
                          std::to_string(begin) + " to " + std::to_string(end) +
                          ") is corrupt: its BLAKE3 does not match",
                      hit_in(shard, begin, end));
      }
    }
    if (found == chunk.digest) return;
    report_.fault(Code::hash, at(chunk.offset),
                  escape_controls(chunk.name) + " (bytes " + std::to_string(chunk.offset) + " to " +
                      std::to_string(chunk.end()) + ") is corrupt: its BLAKE3 is " + to_hex(found) +
                      ", the TOC says " + to_hex(chunk.digest),
                  // Tensors or pages that were named already say it better.
                  finer ? std::vector<HitTensor>{} : hit_in(shard, chunk.offset, chunk.end()));
  }

  CheckTally& tally() { return options_.tally != nullptr ? *options_.tally : own_tally_; }

  const OpenedFile& file_;
  const ShardMap& shards_;
  const TensorTable& table_;
  const CheckOptions& options_;
  Report& report_;
  ValueScan scan_;
  FileSha256 sha256_;
  CheckTally own_tally_;                     // where nobody asks
  std::map<std::size_t, PageHashes> pages_;  // by shard
};

}  // namespace

bool check_file(const OpenedFile& file, const ShardMap& shards, const TensorTable& table,
                const CheckOptions& options, Report& report) {
  if (options.level == CheckLevel::control) {
    const Chunk* chunk = file.find(kControlHash);
    if (chunk != nullptr) check_control_hash(*file.input, file.container, *chunk, report);
    return chunk != nullptr;
  }
  Checker(file, shards, table, options, report).run();
  return true;
}

}  // namespace aerotool::aero
