#include "tasks/compare/checked_reader.hpp"

#include <algorithm>
#include <utility>

#include "transfer/transforms/cast.hpp"

namespace aerotool::tasks {
namespace {

/// Takes the place of a decoded weight in a layout, so that what it is made of is held to its hashes.
class PartsOnly final : public ByteSource {
 public:
  PartsOnly(std::vector<StoredTensor> parts, const std::string& path)
      : parts_(std::move(parts)), path_(path) {}
  std::uint64_t size() const override { return 0; }
  void read(std::uint64_t, std::span<std::byte>) const override {}
  const std::string& path() const override { return path_; }
  std::vector<StoredTensor> inputs() const override { return parts_; }

 private:
  std::vector<StoredTensor> parts_;
  const std::string& path_;
};

TensorLayout in_one_run(const ComparedModel& compared, const std::vector<std::size_t>& tensors) {
  const Model& model = compared.model();
  const bool any_decoded =
      std::ranges::any_of(tensors, [&](std::size_t number) { return compared.is_decoded(number); });
  std::vector<bool> is_read(any_decoded ? model.tensors().size() : 0);
  for (const std::size_t number : tensors) {
    if (any_decoded && !compared.is_decoded(number)) is_read[number] = true;
  }
  TensorLayout layout;
  layout.tensors.reserve(tensors.size());
  layout.offsets.reserve(tensors.size());
  layout.shards.push_back({0, tensors.size(), 0, {}});
  std::uint64_t& end = layout.shards.front().size;
  for (const std::size_t number : tensors) {
    layout.offsets.push_back(end);
    if (!compared.is_decoded(number)) {
      layout.tensors.push_back({&model, number});
      end += model.tensors()[number].size;
      continue;
    }
    std::vector<StoredTensor> parts;
    for (const std::size_t part : compared.weight(number).consumed) {
      if (!is_read[part]) parts.push_back({&model, part});
    }
    Tensor nothing;
    nothing.shape = {0};
    const std::string& path = model.path_of(compared.weight(number).consumed.front());
    layout.tensors.push_back(
        computed(std::move(nothing), std::make_shared<PartsOnly>(std::move(parts), path)));
  }
  return layout;
}

}  // namespace

CheckedReader::CheckedReader(const ComparedModel& compared, const std::vector<std::size_t>& tensors)
    : compared_(compared),
      numbers_(tensors),
      layout_(in_one_run(compared, tensors)),
      check_({&compared.model()}, layout_),
      inputs_(layout_),
      checksums_([this](std::size_t number) -> StoredTensor {
        return {&model(), numbers_[number]};
      }),
      read_run_(
          [this](std::uint64_t offset, std::span<std::byte> out) { read_planned(layout_, 0, offset, out); }) {
  io::Region run;
  check_.add_layers(0, run);
  layers_ = std::move(run.layers);
  add_tensor_digests();
  hash_reads(model());
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    if (!is_decoded(i)) {
      checksums_.expect(i);
    } else if (decoded_.empty()) {
      decoded_.resize(numbers_.size());
    }
  }
}

void CheckedReader::add_tensor_digests() {
  const bool any_digest =
      std::any_of(layout_.tensors.begin(), layout_.tensors.end(),
                  [](const PlannedTensor& planned) { return planned.stored_digest().has_value(); });
  if (!any_digest) return;
  tasks_ = std::vector<io::HashTask>(layout_.tensors.size());
  io::Layer& layer = layers_.emplace_back();
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (!layout_.tensors[i].stored_digest()) continue;
    io::HashTask& task = tasks_[i];
    task.length = tensor(i).size;
    task.read = &read_run_;
    task.base = layout_.offsets[i];
    layer.push_back({task.base, task.base + task.length, &task, 0});
  }
  io::Digester::begin(layer);
}

void CheckedReader::decode_as(std::size_t number, const NumberBlocks& blocks) {
  const FloatKind kind = blocks.is(NumberKind::f32) ? FloatKind::f32 : FloatKind::f64;
  decoded_[number] = cast(compared_.weight(numbers_[number]).values, {kind, nullptr, Overflow::clip, {}});
}

void CheckedReader::expect_reads() const {
  if (!model().is_remote()) return;
  std::vector<std::size_t> wanted;
  for (const PlannedTensor& planned : layout_.tensors) {
    for (const StoredTensor& input : planned.inputs()) wanted.push_back(input.index);
  }
  model().expect_reads(wanted);
}

void CheckedReader::read(std::size_t number, std::uint64_t offset, std::span<std::byte> out) {
  if (is_decoded(number)) return decoded_[number]->read(offset, out);
  model().read(numbers_[number], offset, out);
  for (const io::Layer& layer : layers_) digester_.add(layer, layout_.offsets[number] + offset, out);
  checksums_.add(number, offset, out);
}

std::vector<io::Region> CheckedReader::other_regions() {
  std::vector<io::Region> regions = check_.other_regions();
  if (auto region = inputs_.region()) regions.push_back(std::move(*region));
  return regions;
}

void CheckedReader::judge() {
  if (!tasks_.empty()) {
    require_tensor_digests(
        layout_, [this](std::size_t, std::size_t number) -> const Digest& { return tasks_[number].digest; });
  }
  inputs_.judge();
  checksums_.judge();
  check_.judge();
}

}  // namespace aerotool::tasks
