#include "formats/torch/tensor_reader.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

namespace aerotool::torch {
namespace {

/// Those that threads use beside each other, and not many more: each holds what it made last.
constexpr std::size_t kMaxDecoders = 2;
/// A storage of which a view shows less than this part is not read for its CRC-32.
constexpr std::uint64_t kWorthReading = 4;

}  // namespace

struct TensorReader::Decoder {
  io::ReadAt inflated;  // the whole storage
  std::shared_ptr<io::Input> spooled;
  std::unique_ptr<const Gathered> gathered;
};

StridedView view_of(const PickledTensor& tensor) {
  StridedView view{tensor.begin, tensor.shape, tensor.strides};
  if (tensor.strides.empty()) {
    // Those of an empty shape may be beyond all numbers, and do not matter.
    view.strides = row_major_strides(tensor.shape)
                       .value_or(std::vector<std::int64_t>(tensor.shape.size(), std::int64_t{0}));
  }
  return view;
}

const zip::Entry* TensorReader::entry(std::size_t tensor) const {
  const std::uint32_t number = place(tensor).entry;
  return number == kNone ? nullptr : &file_.archive->entry(number);
}

bool TensorReader::is_deflated(std::size_t tensor) const {
  const zip::Entry* const member = entry(tensor);
  return member != nullptr && member->is_deflated();
}

std::uint32_t TensorReader::swapped(std::size_t tensor) const {
  const ElementType& type = *stored_.all[tensor].type;
  return file_.is_big_endian ? type.bytes / type.numbers : 1;
}

void TensorReader::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  if (!has_storage(tensor)) {
    throw UnsupportedError({input_.name(), {}, shortened(tensors_[tensor].name)},
                           "is on the device 'meta': it has a shape, and no bytes");
  }
  if (tensors_[tensor].size == 0) return;
  const StoredTensor& stored = stored_.all[tensor];
  if (stored.is_plain() && !is_deflated(tensor)) {
    input_.read(place(tensor).offset + stored.begin + offset, out);
  } else {
    const auto decoder = decoder_of(tensor);
    if (decoder->gathered) {
      if (!decoder->spooled) require_crc(tensor);
      decoder->gathered->read(offset, out);
    } else if (decoder->spooled) {
      decoder->spooled->read(stored.begin + offset, out);
    } else {
      decoder->inflated(offset, out);
    }
  }
  negate(tensor, offset, out);
}

std::shared_ptr<const TensorReader::Decoder> TensorReader::decoder_of(std::size_t tensor) const {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(recent_, tensor, [](const auto& entry) { return entry.first; });
  if (known != recent_.end()) {
    std::rotate(recent_.begin(), known, known + 1);
    return recent_.front().second;
  }
  auto decoder = std::make_shared<Decoder>();
  const StoredTensor& stored = stored_.all[tensor];
  const bool is_all = stored.is_plain() && tensors_[tensor].size == place(tensor).size;
  if (is_all) {
    decoder->inflated = file_.archive->reader_of(place(tensor).entry, expected_crc(*entry(tensor)));
  } else if (stored.is_plain()) {
    source_of(tensor, *decoder);
  } else {
    decoder->gathered = std::make_unique<const Gathered>(
        GatheredElements{stored_.views[stored.view], stored.type->bytes, swapped(tensor)},
        source_of(tensor, *decoder), room_);
  }
  recent_.emplace_front(tensor, std::move(decoder));
  if (recent_.size() > kMaxDecoders) recent_.pop_back();
  return recent_.front().second;
}

/// What a storage's bytes are read from in any order; a deflated one is inflated into a file once for the
/// tensors beside each other that show it.
GatherSource TensorReader::source_of(std::size_t tensor, Decoder& decoder) const {
  const StoragePlace& where = place(tensor);
  if (is_deflated(tensor)) {
    for (const auto& [other, recent] : recent_) {
      if (recent->spooled && stored_.all[other].storage == stored_.all[tensor].storage)
        decoder.spooled = recent->spooled;
    }
    if (!decoder.spooled) decoder.spooled = file_.archive->spooled(where.entry, expected_crc(*entry(tensor)));
  }
  const io::Input& input = decoder.spooled ? *decoder.spooled : input_;
  return gather_source(input, decoder.spooled ? 0 : where.offset);
}

/// Of a stored member whose bytes are read in an order of their own.
void TensorReader::require_crc(std::size_t tensor) const {
  const zip::Entry* const member = entry(tensor);
  if (member == nullptr) return;
  const auto expected = expected_crc(*member);
  if (!expected || member->size / kWorthReading > tensors_[tensor].size) return;
  checked_.require(input_, place(tensor).entry, {member->data, member->size, *expected},
                   tensors_[tensor].name);
}

/// The highest bit of a number is its sign; of the conjugate that of the second number changes.
void TensorReader::negate(std::size_t tensor, std::uint64_t offset, std::span<std::byte> bytes) const {
  const StoredTensor& from = stored_.all[tensor];
  if (!from.is_conjugate && !from.is_negated) return;
  const std::uint32_t width = from.type->bytes / from.type->numbers;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint64_t place_in_element = (offset + i) % from.type->bytes;
    if (place_in_element % width != width - 1) continue;
    const bool is_imaginary = place_in_element >= width;
    if (from.is_negated != (from.is_conjugate && is_imaginary)) bytes[i] ^= std::byte{0x80};
  }
}

}  // namespace aerotool::torch
