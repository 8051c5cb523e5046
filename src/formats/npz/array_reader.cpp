#include "formats/npz/array_reader.hpp"

#include <algorithm>

#include "formats/npy/reader.hpp"
#include "model/gathered.hpp"

namespace aerotool::npz {
namespace {

/// Those that threads use beside each other, and not many more: each holds what it made last.
constexpr std::size_t kMaxDecoders = 2;

}  // namespace

struct ArrayReader::Decoder {
  io::ReadAt inflated;
  std::shared_ptr<io::Input> spooled;
  std::unique_ptr<const Gathered> gathered;
};

void ArrayReader::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  const StoredArray& array = arrays_[tensor];
  const zip::Entry& entry = archive_.entry(array.member);
  if (!entry.is_deflated() && array.storing.is_plain())
    return archive_.read_stored(array.member, array.data + offset, out);
  const auto decoder = decoder_of(tensor);
  if (!decoder->gathered) return decoder->inflated(array.data + offset, out);
  if (!decoder->spooled && array.is_all) {
    checked_.require(archive_.input(), array.member,
                     {entry.data + array.data, tensors_[tensor].size, array.crc}, tensors_[tensor].name);
  }
  decoder->gathered->read(offset, out);
}

std::shared_ptr<const ArrayReader::Decoder> ArrayReader::decoder_of(std::size_t tensor) const {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(recent_, tensor, [](const auto& entry) { return entry.first; });
  if (known != recent_.end()) {
    std::rotate(recent_.begin(), known, known + 1);
    return recent_.front().second;
  }
  const StoredArray& array = arrays_[tensor];
  const zip::Entry& entry = archive_.entry(array.member);
  auto decoder = std::make_shared<Decoder>();
  if (!array.storing.is_plain()) {
    GatherSource source;
    if (entry.is_deflated()) {
      decoder->spooled = archive_.spooled(array.member, entry.crc);
      source = gather_source(*decoder->spooled, array.data);
    } else {
      source = gather_source(archive_.input(), entry.data + array.data);
    }
    decoder->gathered = std::make_unique<const Gathered>(npy::elements_of(tensors_[tensor], array.storing),
                                                         std::move(source), room_);
  } else {
    decoder->inflated = archive_.reader_of(array.member, entry.crc);
  }
  recent_.emplace_front(tensor, std::move(decoder));
  if (recent_.size() > kMaxDecoders) recent_.pop_back();
  return recent_.front().second;
}

}  // namespace aerotool::npz
