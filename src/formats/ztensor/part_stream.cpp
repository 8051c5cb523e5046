#include "formats/ztensor/part_stream.hpp"

#include <algorithm>
#include <utility>

namespace aerotool::ztensor {

PartStream::PartStream(const PartReader& reader, const TensorTable& table, std::vector<std::uint32_t> tensors,
                       bool throws)
    : reader_(reader), table_(table), tensors_(std::move(tensors)), throws_(throws) {
  begins_.reserve(tensors_.size());
  for (std::size_t at = 0; at < tensors_.size(); ++at) {
    begins_.push_back(length_);
    const std::uint64_t size = table_.tensors[tensors_[at]].size;
    length_ += size;
    // No run of bytes passes it by.
    if (size == 0) read_part(at, 0, {});
  }
}

std::optional<PartStream::Broken> PartStream::broken(std::size_t at) const {
  const std::lock_guard lock(mutex_);
  const auto found = broken_.find(at);
  return found == broken_.end() ? std::nullopt : std::optional(found->second);
}

void PartStream::read_part(std::size_t at, std::uint64_t offset, std::span<std::byte> out) const {
  // To find out once more what is wrong with it may take as long as all of it.
  if (!broken(at)) {
    try {
      reader_.read(tensors_[at], offset, out);
      return;
    } catch (const ContentError& error) {
      if (throws_) throw;
      const std::lock_guard lock(mutex_);
      broken_.try_emplace(at, Broken{error.code(), error.where(), error.message()});
    }
  }
  std::ranges::fill(out, std::byte{0});
}

void PartStream::read(std::uint64_t offset, std::span<std::byte> out) const {
  // The last part that begins at or before `offset`; those without bytes share offsets and give none.
  auto at = static_cast<std::size_t>(std::ranges::upper_bound(begins_, offset) - begins_.begin()) - 1;
  for (; !out.empty(); ++at) {
    const std::uint64_t begin = offset - begins_[at];
    const auto piece =
        out.first(std::min<std::uint64_t>(out.size(), table_.tensors[tensors_[at]].size - begin));
    if (!piece.empty()) read_part(at, begin, piece);
    offset += piece.size();
    out = out.subspan(piece.size());
  }
}

}  // namespace aerotool::ztensor
