#include "formats/ztensor/source_layout.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/ztensor/layout.hpp"

namespace aerotool::ztensor {
namespace {

constexpr std::uint64_t kMaxGapBytes = std::uint64_t{64} << 20;
constexpr std::size_t kBlock = std::size_t{64} << 10;

bool is_set(std::byte byte) {
  return byte != std::byte{0};
}

class GapFinder {
 public:
  explicit GapFinder(const io::Input& input) : input_(input), block_(kBlock) {}

  void look(std::uint64_t begin, std::uint64_t end) {
    std::vector<std::byte> bytes;
    std::uint64_t first = begin;
    while (begin < end) {
      const auto piece = std::span(block_).first(std::min<std::uint64_t>(end - begin, block_.size()));
      input_.read(begin, piece);
      const auto found = bytes.empty() ? std::ranges::find_if(piece, is_set) : piece.begin();
      if (bytes.empty()) first = begin + static_cast<std::uint64_t>(found - piece.begin());
      bytes.insert(bytes.end(), found, piece.end());
      if (total_ + bytes.size() > kMaxGapBytes) {
        throw UnsupportedError({input_.name(), first, {}},
                               "more than " + human_size(kMaxGapBytes) +
                                   " of the file belong to no tensor, which is more than can be carried");
      }
      begin += piece.size();
    }
    while (!bytes.empty() && !is_set(bytes.back())) bytes.pop_back();
    if (bytes.empty()) return;
    total_ += bytes.size();
    gaps_.emplace_back(first, Bytes::own(std::move(bytes)));
  }
  std::vector<std::pair<std::uint64_t, Bytes>> finish() { return std::move(gaps_); }

 private:
  const io::Input& input_;
  std::vector<std::byte> block_;
  std::vector<std::pair<std::uint64_t, Bytes>> gaps_;
  std::uint64_t total_ = 0;
};

}  // namespace

std::vector<std::pair<std::uint64_t, Bytes>> find_gaps(const io::Input& input, const TensorTable& table,
                                                       std::uint64_t end) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> blobs;
  for (std::size_t i = 0; i < table.parts.size(); ++i) {
    if (table.parts[i].file == 0 && table.parts[i].length != 0)
      blobs.emplace_back(table.tensors[i].offset, table.tensors[i].offset + table.parts[i].length);
  }
  std::ranges::sort(blobs);
  GapFinder finder(input);
  std::uint64_t at = kMagicSize;
  for (const auto& [blob_begin, blob_end] : blobs) {
    if (blob_begin > at) finder.look(at, blob_begin);
    at = std::max(at, blob_end);
  }
  if (at < end) finder.look(at, end);
  return finder.finish();
}

}  // namespace aerotool::ztensor
