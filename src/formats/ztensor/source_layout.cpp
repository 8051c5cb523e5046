#include "formats/ztensor/source_layout.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "formats/ztensor/layout.hpp"

namespace aerotool::ztensor {
namespace {

constexpr std::size_t kBlock = std::size_t{64} << 10;

bool is_set(std::byte byte) {
  return byte != std::byte{0};
}

class GapFinder {
 public:
  GapFinder(const io::Input& input, std::uint64_t most) : input_(input), left_(most), block_(kBlock) {}

  /// False where there is too much.
  bool look(std::uint64_t begin, std::uint64_t end) {
    std::vector<std::byte> bytes;
    std::uint64_t first = begin;
    while (begin < end) {
      // The padding of many small blobs can be many times as long as they are, and is a hole behind the block
      // that a blob ends in.
      std::uint64_t stop = end;
      if (bytes.empty() && begin % kAlignment2 == 0) {
        begin = input_.next_stored(begin, end);
        if (begin == end) break;
      } else if (bytes.empty()) {
        stop = std::min(end, align_up(begin, kAlignment2));
      }
      const auto piece = std::span(block_).first(std::min<std::uint64_t>(stop - begin, block_.size()));
      input_.read(begin, piece);
      const auto found = bytes.empty() ? std::ranges::find_if(piece, is_set) : piece.begin();
      if (bytes.empty()) first = begin + static_cast<std::uint64_t>(found - piece.begin());
      bytes.insert(bytes.end(), found, piece.end());
      if (bytes.size() > left_) return false;
      begin += piece.size();
    }
    while (!bytes.empty() && !is_set(bytes.back())) bytes.pop_back();
    if (bytes.empty()) return true;
    left_ -= bytes.size();
    gaps_.emplace_back(first, Bytes::own(std::move(bytes)));
    return true;
  }
  std::vector<std::pair<std::uint64_t, Bytes>> finish() { return std::move(gaps_); }

 private:
  const io::Input& input_;
  std::uint64_t left_;
  std::vector<std::byte> block_;
  std::vector<std::pair<std::uint64_t, Bytes>> gaps_;
};

}  // namespace

std::optional<std::vector<std::pair<std::uint64_t, Bytes>>> find_gaps(const io::Input& input,
                                                                      const TensorTable& table,
                                                                      std::uint64_t end, std::uint64_t most) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> blobs;
  for (std::size_t i = 0; i < table.parts.size(); ++i) {
    if (table.parts[i].file == 0 && table.parts[i].length != 0)
      blobs.emplace_back(table.tensors[i].offset, table.tensors[i].offset + table.parts[i].length);
  }
  std::ranges::sort(blobs);
  GapFinder finder(input, most);
  std::uint64_t at = kMagicSize;
  for (const auto& [blob_begin, blob_end] : blobs) {
    if (blob_begin > at && !finder.look(at, blob_begin)) return std::nullopt;
    at = std::max(at, blob_end);
  }
  if (at < end && !finder.look(at, end)) return std::nullopt;
  return finder.finish();
}

}  // namespace aerotool::ztensor
