#include "tasks/compare/checked_reader.hpp"

#include <algorithm>

namespace aerotool::tasks {
namespace {

TensorLayout in_one_run(const Model& model, const std::vector<std::size_t>& tensors) {
  TensorLayout layout;
  layout.tensors.reserve(tensors.size());
  layout.offsets.reserve(tensors.size());
  layout.shards.push_back({0, tensors.size(), 0, {}});
  std::uint64_t& end = layout.shards.front().size;
  for (const std::size_t tensor : tensors) {
    layout.tensors.push_back({&model, tensor});
    layout.offsets.push_back(end);
    end += model.tensors()[tensor].size;
  }
  return layout;
}

}  // namespace

CheckedReader::CheckedReader(const Model& model, const std::vector<std::size_t>& tensors)
    : model_(model),
      layout_(in_one_run(model, tensors)),
      check_({&model}, layout_),
      checksums_([this](std::size_t number) -> StoredTensor {
        return {&model_, layout_.tensors[number].index};
      }),
      read_run_(
          [this](std::uint64_t offset, std::span<std::byte> out) { read_planned(layout_, 0, offset, out); }) {
  io::Region run;
  check_.add_layers(0, run);
  layers_ = std::move(run.layers);
  add_tensor_digests();
  hash_reads(model_);
  for (std::size_t i = 0; i < tensors.size(); ++i) checksums_.expect(i);
}

void CheckedReader::add_tensor_digests() {
  const bool any_digest =
      std::any_of(layout_.tensors.begin(), layout_.tensors.end(),
                  [](const PlannedTensor& planned) { return planned.tensor().digest.has_value(); });
  if (!any_digest) return;
  tasks_ = std::vector<io::HashTask>(layout_.tensors.size());
  io::Layer& layer = layers_.emplace_back();
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (!tensor(i).digest) continue;
    io::HashTask& task = tasks_[i];
    task.length = tensor(i).size;
    task.read = &read_run_;
    task.base = layout_.offsets[i];
    layer.push_back({task.base, task.base + task.length, &task, 0});
  }
  io::Digester::begin(layer);
}

void CheckedReader::expect_reads() const {
  if (!model_.is_remote()) return;
  std::vector<std::size_t> wanted;
  for (const PlannedTensor& planned : layout_.tensors) wanted.push_back(planned.index);
  model_.expect_reads(wanted);
}

void CheckedReader::read(std::size_t number, std::uint64_t offset, std::span<std::byte> out) {
  const PlannedTensor& planned = layout_.tensors[number];
  planned.model->read(planned.index, offset, out);
  for (const io::Layer& layer : layers_) digester_.add(layer, layout_.offsets[number] + offset, out);
  checksums_.add(number, offset, out);
}

void CheckedReader::judge() {
  if (!tasks_.empty()) {
    require_tensor_digests(
        layout_, [this](std::size_t, std::size_t number) -> const Digest& { return tasks_[number].digest; });
  }
  checksums_.judge();
  check_.judge();
}

}  // namespace aerotool::tasks
