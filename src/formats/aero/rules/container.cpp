#include "formats/aero/rules/container.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>
#include <vector>

#include "core/text.hpp"

namespace aerotool::aero {
namespace {

Where at(const std::string& path, std::uint64_t offset) {
  return {path, offset, {}};
}

/// What is known has the flags that it is written with; only zstd and unknown bits are free.
void check_kind(const Chunk& chunk, const std::string& label, const std::string& path, std::uint64_t entry,
                Report& report) {
  const ChunkKind* const kind = kind_of(chunk.fourcc);
  if (kind == nullptr) return;
  constexpr std::uint32_t kFixed = kFlagMmapCritical | kFlagIndex | kFlagOptional;
  if ((chunk.flags & kFixed) != kind->flags) {
    report.fault(Code::malformed, at(path, entry + 4),
                 label + ": its flags are " + std::to_string(chunk.flags & kFixed) + ", those of " +
                     chunk.fourcc + " are " + std::to_string(kind->flags));
  }
}

void check_flags(const Chunk& chunk, const std::string& label, const std::string& path, std::uint64_t entry,
                 Report& report) {
  if (chunk.offset % kPayloadAlign != 0)
    report.fault(Code::placement, at(path, entry + 8), label + ": its payload is not 16-byte aligned");
  if (chunk.fourcc == kWeights && chunk.compressed()) {
    report.unreadable(Code::malformed, at(path, entry + 4),
                      label + ": is flagged as compressed, which weights never are");
  }
  const bool never_compressed = chunk.fourcc == kControlHash || chunk.fourcc == kPageHashes;
  if (!chunk.compressed() && chunk.uncompressed_length != chunk.length) {
    report.unreadable(Code::malformed, at(path, entry + 24),
                      label + ": is not compressed, but its two lengths differ (" +
                          std::to_string(chunk.length) + " and " + std::to_string(chunk.uncompressed_length) +
                          ")");
  }
  const bool metadata = never_compressed || chunk.fourcc == kModelJson || chunk.fourcc == kManifest ||
                        chunk.fourcc == kTensorIndex;
  if ((metadata || chunk.compressed()) && chunk.uncompressed_length > kMaxMetadata) {
    report.unreadable(Code::malformed, at(path, entry + 24),
                      label + ": has " + std::to_string(chunk.uncompressed_length) +
                          " bytes uncompressed; at most " + std::to_string(kMaxMetadata) + " are allowed");
  }
}

/// MMSG may be absent; with a flipped bit in its FourCC it is a chunk that nobody knows.
void check_lost_manifest(const Container& container, const std::string& path, Report& report) {
  for (const Chunk& chunk : container.chunks) {
    if (kind_of(chunk.fourcc) != nullptr || chunk.name != metadata_name(kManifest)) continue;
    report.fault(Code::malformed, at(path, container.toc_offset),
                 "there is no " + std::string(kManifest) + " chunk, but " + escape_controls(chunk.fourcc) +
                     " has its name");
  }
}

/// (fourcc, name) is unique; TIDX exactly one; MMSG and MJSN at most one.
void check_names(const Container& container, const std::string& path, Report& report) {
  const auto& chunks = container.chunks;
  std::vector<std::size_t> order(chunks.size());
  std::iota(order.begin(), order.end(), 0);
  const auto key = [&](std::size_t i) { return std::tie(chunks[i].fourcc, chunks[i].name); };
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return key(a) < key(b); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (key(order[i - 1]) == key(order[i])) {
      const Chunk& chunk = chunks[order[i]];
      report.unreadable(Code::duplicate, at(path, container.toc_offset),
                        "two chunks are called " + escape_controls(chunk.fourcc + " " + chunk.name));
    }
  }
  for (const std::string_view fourcc : {kControlHash, kModelJson, kManifest, kTensorIndex}) {
    const auto count =
        std::count_if(chunks.begin(), chunks.end(), [&](const Chunk& c) { return c.fourcc == fourcc; });
    if (count > 1) {
      report.unreadable(Code::duplicate, at(path, container.toc_offset),
                        "there are " + std::to_string(count) + " " + std::string(fourcc) +
                            " chunks; at most one is allowed");
    }
    const auto first =
        std::find_if(chunks.begin(), chunks.end(), [&](const Chunk& c) { return c.fourcc == fourcc; });
    if (first != chunks.end() && first->name != metadata_name(fourcc)) {
      report.fault(Code::name, at(path, container.toc_offset),
                   "the " + std::string(fourcc) + " chunk is called '" + escape_controls(first->name) +
                       "', not '" + std::string(metadata_name(fourcc)) + "'");
    }
    const bool is_cut_off = std::any_of(container.cut_off.begin(), container.cut_off.end(),
                                        [&](const Chunk& chunk) { return chunk.fourcc == fourcc; });
    if (is_cut_off) continue;
    if (count == 0 && fourcc == kTensorIndex) {
      report.unreadable(Code::malformed, at(path, container.toc_offset), "there is no TIDX chunk");
    }
    if (count == 0 && fourcc == kManifest) check_lost_manifest(container, path, report);
  }
}

void check_control_overlaps(const Container& c, const std::string& path, Report& report) {
  struct Range {
    std::uint64_t begin, end;
    const char* name;
  };
  const std::array<Range, 3> control = {
      {{0, kHeaderBytes, "header"},
       {c.toc_offset, c.toc_offset + c.toc_length, "TOC"},
       {c.string_table_offset, c.string_table_offset + c.string_table_length, "string table"}}};
  for (const Chunk& chunk : c.chunks) {
    if (chunk.length == 0) continue;
    for (const Range& range : control) {
      if (chunk.offset < range.end && range.begin < chunk.end()) {
        report.unreadable(Code::overlap, at(path, chunk.offset),
                          "the payload of " + escape_controls(chunk.fourcc + " " + chunk.name) +
                              " overlaps the " + range.name);
      }
    }
  }
}

}  // namespace

void check_entry(const Chunk& chunk, const std::string& label, const std::string& path, std::uint64_t entry,
                 Report& report) {
  check_kind(chunk, label, path, entry, report);
  check_flags(chunk, label, path, entry, report);
}

void check_chunks(const Container& container, const std::string& path, Report& report) {
  check_names(container, path, report);
  check_control_overlaps(container, path, report);
}

}  // namespace aerotool::aero
