#include "io/digester.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace aerotool::io {
namespace {

/// The part of a hash task that a block holds.
struct Piece {
  std::uint64_t begin = 0;  // in the task
  ByteSpan bytes;
};

/// The leaves that begin in a piece of a task; offsets are the task's.
struct Leaves {
  Leaves(const Piece& piece, std::uint64_t task_length) {
    constexpr std::uint64_t kLeaf = hash::kLeafBytes;
    const std::uint64_t piece_end = piece.begin + piece.bytes.size();
    first = (piece.begin + kLeaf - 1) / kLeaf;
    after = (piece_end + kLeaf - 1) / kLeaf;
    begin = first * kLeaf;
    end = std::min(after * kLeaf, task_length);
    whole_end = end > piece_end ? (after - 1) * kLeaf : end;
  }
  bool none() const { return first >= after; }

  std::uint64_t first = 0;
  std::uint64_t after = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t whole_end = 0;  // up to here the piece holds them; the last leaf may end after the piece
};

/// What the last leaf lacks is read from the task's own bytes.
std::optional<Digest> add_leaves(hash::TreeHash& tree, const Leaves& leaves, const Piece& piece,
                                 const ReadAt& read, std::uint64_t base) {
  std::optional<Digest> digest;
  if (leaves.whole_end > leaves.begin) {
    digest = tree.add(leaves.first,
                      piece.bytes.subspan(leaves.begin - piece.begin, leaves.whole_end - leaves.begin));
  }
  if (leaves.end > leaves.whole_end) {
    std::array<std::byte, hash::kLeafBytes> leaf{};
    const auto bytes = std::span(leaf).first(leaves.end - leaves.whole_end);
    read(base + leaves.whole_end, bytes);
    digest = tree.add(leaves.whole_end / hash::kLeafBytes, bytes);
  }
  return digest;
}

}  // namespace

void Digester::begin(const Layer& layer) {
  for (const Overlay& overlay : layer) {
    if (overlay.task->length == 0) overlay.task->digest = hash::blake3({});
  }
}

void Digester::add(const Layer& layer, std::uint64_t begin, ByteSpan bytes) {
  const std::uint64_t end = begin + bytes.size();
  auto overlay =
      std::partition_point(layer.begin(), layer.end(), [&](const Overlay& o) { return o.end <= begin; });
  for (; overlay != layer.end() && overlay->begin < end; ++overlay) {
    const std::uint64_t from = std::max(begin, overlay->begin);
    const std::uint64_t to = std::min(end, overlay->end);
    if (from >= to) continue;
    HashTask& task = *overlay->task;
    const Piece piece = {overlay->at + (from - overlay->begin), bytes.subspan(from - begin, to - from)};
    if (piece.begin == 0 && piece.bytes.size() == task.length) {
      task.digest = hash::blake3(piece.bytes);
      continue;
    }
    const Leaves leaves(piece, task.length);
    if (leaves.none()) continue;
    if (const auto digest = add_leaves(tree_of(task), leaves, piece, *task.read, task.base)) {
      task.digest = *digest;
      const std::lock_guard lock(mutex_);
      task.tree.reset();
    }
  }
}

hash::TreeHash& Digester::tree_of(HashTask& task) {
  const std::lock_guard lock(mutex_);
  if (!task.tree) task.tree = std::make_unique<hash::TreeHash>(task.length);
  return *task.tree;
}

void Digester::add_pages(const ReadAt& read, std::uint64_t length, std::uint64_t page_size,
                         std::uint64_t begin, ByteSpan bytes, PageTrees& trees, std::span<Digest> digests) {
  const std::uint64_t end = begin + bytes.size();
  const std::uint64_t last = (end - 1) / page_size;
  for (std::uint64_t page = begin / page_size; page <= last; ++page) {
    const std::uint64_t page_begin = page * page_size;
    const std::uint64_t page_length = std::min(page_size, length - page_begin);
    const std::uint64_t from = std::max(begin, page_begin);
    const std::uint64_t to = std::min(end, page_begin + page_length);
    const Piece piece = {from - page_begin, bytes.subspan(from - begin, to - from)};
    if (piece.bytes.size() == page_length) {
      digests[page] = hash::blake3(piece.bytes);
      continue;
    }
    const Leaves leaves(piece, page_length);
    if (leaves.none()) continue;
    hash::TreeHash* tree = nullptr;
    {
      const std::lock_guard lock(mutex_);
      tree = &trees.try_emplace(page, page_length).first->second;
    }
    if (const auto digest = add_leaves(*tree, leaves, piece, read, page_begin)) {
      digests[page] = *digest;
      const std::lock_guard lock(mutex_);
      trees.erase(page);
    }
  }
}

}  // namespace aerotool::io
