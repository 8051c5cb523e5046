// The memo of a pickle, as far as anybody looks at it: src/encoding/pickle/FORMAT.md, "Memo".
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "encoding/pickle/nodes.hpp"

namespace aerotool::pickle {

/// A set of indexes: a bit for each up to the largest.
class IndexSet {
 public:
  /// False where it was there.
  bool add(std::uint64_t index) {
    const std::uint64_t word = index / kBits;
    if (word >= words_.size()) words_.resize(word + 1);
    const std::uint64_t bit = std::uint64_t{1} << index % kBits;
    if ((words_[word] & bit) != 0) return false;
    words_[word] |= bit;
    ++count_;
    return true;
  }
  bool has(std::uint64_t index) const {
    return index / kBits < words_.size() && (words_[index / kBits] >> index % kBits & 1) != 0;
  }
  std::uint64_t count() const { return count_; }
  const std::vector<std::uint64_t>& words() const { return words_; }

  static constexpr std::uint64_t kBits = 64;

 private:
  std::vector<std::uint64_t> words_;
  std::uint64_t count_ = 0;
};

/// Which index a MEMOIZE has: how many indexes have been put so far.
class MemoIndexes {
 public:
  void put(std::uint64_t index) { put_.add(index); }
  std::uint64_t memoize() {
    const std::uint64_t index = put_.count();
    put_.add(index);
    return index;
  }
  bool has(std::uint64_t index) const { return put_.has(index); }

 private:
  IndexSet put_;
};

/// Nodes at those indexes that are fetched, and at no other.
class Memo {
 public:
  explicit Memo(const IndexSet& fetched) : fetched_(fetched), entries_(fetched.count(), kNoNode) {
    before_.reserve(fetched.words().size());
    std::uint32_t count = 0;
    for (const std::uint64_t word : fetched.words()) {
      before_.push_back(count);
      count += static_cast<std::uint32_t>(std::popcount(word));
    }
  }

  /// Where the node at an index stands; null where the index is never fetched.
  NodeId* find(std::uint64_t index) {
    if (!fetched_.has(index)) return nullptr;
    const std::uint64_t word = index / IndexSet::kBits;
    const std::uint64_t below = (std::uint64_t{1} << index % IndexSet::kBits) - 1;
    return &entries_[before_[word] +
                     static_cast<std::uint32_t>(std::popcount(fetched_.words()[word] & below))];
  }

  std::uint64_t memory() const {
    return entries_.size() * sizeof(NodeId) +
           before_.size() * (sizeof(std::uint32_t) + sizeof(std::uint64_t));
  }

 private:
  const IndexSet& fetched_;
  std::vector<std::uint32_t> before_;  // of each word: the entries of those before it
  std::vector<NodeId> entries_;
};

}  // namespace aerotool::pickle
