#include "transfer/input_check.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "transfer/source_check.hpp"

namespace aerotool {

InputCheck::InputCheck(const TensorLayout& layout)
    : checksums_([this](std::size_t input) { return inputs_[input]; }),
      read_([this](std::uint64_t offset, std::span<std::byte> out) { read(offset, out); }) {
  for (const PlannedTensor& planned : layout.tensors) {
    if (planned.is_stored()) continue;
    for (const StoredTensor& input : planned.inputs()) {
      if (input.tensor().digest || checksum_of_bytes(*input.model, input.index)) inputs_.push_back(input);
    }
  }
  const auto key = [](const StoredTensor& input) { return std::tuple(input.model, input.index); };
  const auto same = [&](const StoredTensor& a, const StoredTensor& b) { return key(a) == key(b); };
  std::ranges::sort(inputs_, {}, key);
  inputs_.erase(std::unique(inputs_.begin(), inputs_.end(), same), inputs_.end());
  tasks_ = std::vector<io::HashTask>(inputs_.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    offsets_.push_back(length_);
    tasks_[i].length = inputs_[i].tensor().size;
    tasks_[i].read = &read_;
    tasks_[i].base = length_;
    checksums_.expect(i);
    length_ += tasks_[i].length;
  }
}

std::optional<io::Region> InputCheck::region() {
  if (inputs_.empty()) return std::nullopt;
  io::Region region;
  region.length = length_;
  region.read = read_;
  io::Layer& layer = region.layers.emplace_back();
  for (io::HashTask& task : tasks_) layer.push_back({task.base, task.base + task.length, &task, 0});
  if (checksums_.any()) {
    region.visit = [this](std::uint64_t begin, ByteSpan bytes) {
      for_each_piece(begin, bytes.size(),
                     [&](std::size_t input, std::uint64_t offset, std::uint64_t at, std::uint64_t size) {
                       checksums_.add(input, offset, bytes.subspan(at, size));
                     });
    };
  }
  return region;
}

void InputCheck::judge() {
  checksums_.judge();
  std::vector<HitTensor> corrupt;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const Tensor& tensor = inputs_[i].tensor();
    if (!tensor.digest || tasks_[i].digest == *tensor.digest) continue;
    corrupt.push_back({tensor.name, inputs_[i].model->path_of(inputs_[i].index), tensor.offset, tensor.size});
  }
  require_none(corrupt);
}

void InputCheck::for_each_piece(
    std::uint64_t offset, std::uint64_t length,
    const std::function<void(std::size_t input, std::uint64_t offset, std::uint64_t at, std::uint64_t size)>&
        visit) const {
  // The last tensor that begins at or before `offset`; those without bytes share offsets and give none.
  auto input = static_cast<std::size_t>(std::ranges::upper_bound(offsets_, offset) - offsets_.begin()) - 1;
  for (std::uint64_t at = 0; at < length; ++input) {
    const std::uint64_t begin = offset + at - offsets_[input];
    const std::uint64_t size = std::min(length - at, tasks_[input].length - begin);
    if (size != 0) visit(input, begin, at, size);
    at += size;
  }
}

void InputCheck::read(std::uint64_t offset, std::span<std::byte> out) const {
  for_each_piece(offset, out.size(),
                 [&](std::size_t input, std::uint64_t begin, std::uint64_t at, std::uint64_t size) {
                   inputs_[input].model->read(inputs_[input].index, begin, out.subspan(at, size));
                 });
}

}  // namespace aerotool
