#include "formats/aero/rules/cut_off_chunks.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/checked.hpp"
#include "core/text.hpp"

namespace aerotool::aero {

CutOffChunks::CutOffChunks(std::vector<Chunk> chunks, std::uint64_t file_size)
    : chunks_(std::move(chunks)), file_size_(file_size) {
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const Chunk& chunk = chunks_[i];
    needed_ = std::max(
        needed_, checked_add(chunk.offset, chunk.length).value_or(std::numeric_limits<std::uint64_t>::max()));
    if (chunk.fourcc == kWeights) shards_.emplace(chunk.name, i);
  }
  tensors_.add_other(needed_);
}

bool CutOffChunks::holds(const std::string& shard, const Tensor& tensor, std::uint64_t offset,
                         std::uint64_t size) {
  const auto found = shards_.find(shard);
  if (found == shards_.end()) return false;
  const Chunk& chunk = chunks_[found->second];
  if (!range_fits(offset, size, chunk.length)) return false;
  const auto begin = checked_add(chunk.offset, offset).value_or(std::numeric_limits<std::uint64_t>::max());
  // Those before the cut are whole.
  if (!range_fits(begin, size, file_size_)) tensors_.add(tensor.name, begin, size);
  return true;
}

void CutOffChunks::report(const std::string& path, Report& report) {
  if (chunks_.empty()) return;
  if (tensors_.tensor_count() != 0) {
    tensors_.report(path, file_size_, report);
    return;
  }
  const Chunk& first = *std::ranges::min_element(chunks_, {}, &Chunk::offset);
  const std::string name = escape_controls(first.fourcc + " " + shortened(first.name));
  report.unreadable(Code::short_file, {path, {}, {}},
                    bytes_needed(file_size_, "chunks", needed_) +
                        (chunks_.size() == 1 ? ": " + name + " is cut off"
                                             : ": " + plural(chunks_.size(), "chunk") +
                                                   " are cut off, the first is " + name));
}

}  // namespace aerotool::aero
