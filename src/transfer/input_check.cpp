#include "transfer/input_check.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "transfer/source_check.hpp"

namespace aerotool {

InputCheck::InputCheck(const TensorLayout& layout)
    : read_([this](std::uint64_t offset, std::span<std::byte> out) { read(offset, out); }) {
  for (const PlannedTensor& planned : layout.tensors) {
    if (planned.is_stored()) continue;
    for (const StoredTensor& input : planned.inputs()) {
      if (input.tensor().digest) inputs_.push_back(input);
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
  return region;
}

void InputCheck::judge() const {
  std::vector<HitTensor> corrupt;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const Tensor& tensor = inputs_[i].tensor();
    if (tasks_[i].digest == *tensor.digest) continue;
    corrupt.push_back({tensor.name, inputs_[i].model->path_of(inputs_[i].index), tensor.offset, tensor.size});
  }
  require_none(corrupt);
}

void InputCheck::read(std::uint64_t offset, std::span<std::byte> out) const {
  // The last tensor that begins at or before `offset`; those without bytes share offsets and give none.
  auto at = static_cast<std::size_t>(std::ranges::upper_bound(offsets_, offset) - offsets_.begin()) - 1;
  for (; !out.empty(); ++at) {
    const std::uint64_t begin = offset - offsets_[at];
    const auto piece = out.first(std::min<std::uint64_t>(out.size(), tasks_[at].length - begin));
    if (!piece.empty()) inputs_[at].model->read(inputs_[at].index, begin, piece);
    offset += piece.size();
    out = out.subspan(piece.size());
  }
}

}  // namespace aerotool
