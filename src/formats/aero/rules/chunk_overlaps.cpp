#include "formats/aero/rules/chunk_overlaps.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "formats/aero/read/metadata_chunk.hpp"

namespace aerotool::aero {

namespace {

/// Two chunks that share bytes [begin, end) of the file.
struct Overlap {
  std::size_t first = 0;  ///< indexes into Container::chunks
  std::size_t second = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

std::vector<Overlap> find_overlaps(const Container& container) {
  const auto& chunks = container.chunks;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i].length != 0) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return chunks[a].offset < chunks[b].offset; });
  std::vector<Overlap> overlaps;
  std::size_t reaching = 0;  // the chunk seen so far that ends last
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (chunks[order[i - 1]].end() > chunks[order[reaching]].end()) reaching = i - 1;
    const Chunk& first = chunks[order[reaching]];
    const Chunk& second = chunks[order[i]];
    if (second.offset < first.end()) {
      overlaps.push_back({order[reaching], order[i], second.offset, std::min(first.end(), second.end())});
    }
  }
  return overlaps;
}

}  // namespace

void check_chunk_overlaps(const OpenedFile& file, const ShardMap& shards, const TensorTable& table,
                          Report& report) {
  for (const Overlap& overlap : find_overlaps(file.container)) {
    const Chunk& first = file.chunks()[overlap.first];
    const Chunk& second = file.chunks()[overlap.second];
    report.unreadable(Code::overlap, Where{file.path(), overlap.begin, {}},
                      label(first) + " and " + label(second) + " share the bytes " +
                          std::to_string(overlap.begin) + " to " + std::to_string(overlap.end),
                      report.full() ? std::vector<HitTensor>{}
                                    : tensors_in(table, shards, file.path(), overlap.begin, overlap.end));
  }
}

}  // namespace aerotool::aero
