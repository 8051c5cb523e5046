#include "transfer/content_id.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "core/bytes.hpp"
#include "core/parallel.hpp"
#include "core/scratch.hpp"
#include "io/interrupt.hpp"

namespace aerotool {

HashedModel::HashedModel(std::unique_ptr<Model> model)
    : model_(std::move(model)), hashes_(model_->tensors().size()) {
  find_side_files_with([this](const std::string& passed_over) { return model_->side_files(passed_over); });
}

void HashedModel::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  model_->read(tensor, offset, out);
  saw(tensor, offset, out);
}

io::ReadAt HashedModel::reader_of(std::size_t tensor) const {
  return [this, tensor, read = model_->reader_of(tensor)](std::uint64_t offset, std::span<std::byte> out) {
    read(offset, out);
    saw(tensor, offset, out);
  };
}

void HashedModel::saw(std::size_t tensor, std::uint64_t offset, ByteSpan bytes) const {
  constexpr std::uint64_t kLeaf = hash::kLeafBytes;
  const std::uint64_t size = tensors()[tensor].size;
  const std::uint64_t end = offset + bytes.size();
  // A leaf that a read holds a part of comes again, or is read at the end.
  const std::uint64_t first = (offset + kLeaf - 1) / kLeaf;
  const std::uint64_t after = end == size ? (end + kLeaf - 1) / kLeaf : end / kLeaf;
  if (first >= after) return;
  hash::TreeHash* tree = nullptr;
  std::vector<TakenRuns::Run> fresh;
  {
    const std::lock_guard lock(mutex_);
    Hash& own = hashes_[tensor];
    if (own.done) return;
    fresh = own.taken.take(first, after);
    if (fresh.empty()) return;
    if (!own.tree) own.tree = std::make_unique<hash::TreeHash>(size);
    tree = own.tree.get();
  }
  for (const auto& [from, to] : fresh) {
    const std::uint64_t begin = from * kLeaf - offset;
    add(tensor, *tree, from, bytes.subspan(begin, std::min(to * kLeaf, end) - offset - begin));
  }
}

void HashedModel::add(std::size_t tensor, hash::TreeHash& tree, std::uint64_t first_leaf,
                      ByteSpan bytes) const {
  const auto digest = tree.add(first_leaf, bytes);
  if (!digest) return;
  const std::lock_guard lock(mutex_);
  Hash& own = hashes_[tensor];
  own.digest = *digest;
  own.done = true;
  own.tree.reset();
  own.taken = {};
}

Digest HashedModel::content_id(unsigned jobs) {
  constexpr std::uint64_t kBlock = std::uint64_t{256} << 10;
  constexpr std::uint64_t kLeaf = hash::kLeafBytes;
  std::vector<std::size_t> order(tensors().size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for_each_parallel(order.size(), jobs, [&](std::size_t tensor, const std::atomic<bool>& stopped) {
    const std::uint64_t size = tensors()[tensor].size;
    Hash& own = hashes_[tensor];
    if (own.done) return;
    if (size == 0) {
      model_->read(tensor, 0, {});  // what it is decoded from may be corrupt
      own.digest = hash::blake3({});
      own.done = true;
      return;
    }
    if (!own.tree) own.tree = std::make_unique<hash::TreeHash>(size);
    hash::TreeHash& tree = *own.tree;
    std::vector<TakenRuns::Run> left = own.taken.take(0, (size + kLeaf - 1) / kLeaf);
    Scratch<std::byte> block(std::min(kBlock, size));
    for (const auto& [from, to] : left) {
      const std::uint64_t end = std::min(to * kLeaf, size);
      for (std::uint64_t at = from * kLeaf; at < end && !stopped; at += kBlock) {
        io::check_interrupt();
        const auto bytes = block.first(std::min(kBlock, end - at));
        model_->read(tensor, at, bytes);
        add(tensor, tree, at / kLeaf, bytes);
      }
    }
  });
  std::ranges::sort(order, {}, [&](std::size_t i) -> const std::string& { return tensors()[i].name; });
  hash::Blake3Stream stream;
  const auto put_number = [&](std::uint64_t number) {
    std::array<std::byte, 8> bytes{};
    store_le(bytes, 0, number);
    stream.add(bytes);
  };
  const auto put_text = [&](std::string_view text) {
    put_number(text.size());
    stream.add(bytes_of(text));
  };
  for (const std::size_t i : order) {
    const Tensor& tensor = tensors()[i];
    put_text(tensor.name);
    put_text(tensor.dtype.name());
    put_number(tensor.shape.size());
    for (const std::uint64_t dimension : tensor.shape) put_number(dimension);
    stream.add(hashes_[i].digest);
  }
  return stream.finish();
}

}  // namespace aerotool
