// BLAKE3-256, of bytes at hand and of bytes that arrive in pieces, out of order and from several threads.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>

#include "core/bytes.hpp"
#include "hash/digest.hpp"

namespace aerotool::hash {

/// Bytes in one leaf of the BLAKE3 tree.
inline constexpr std::uint64_t kLeafBytes = 1024;

/// The digest of bytes that are all at hand.
Digest blake3(ByteSpan bytes);

/// Bytes in order, a few at a time.
class Blake3Stream {
 public:
  Blake3Stream();
  ~Blake3Stream();
  Blake3Stream(const Blake3Stream&) = delete;
  Blake3Stream& operator=(const Blake3Stream&) = delete;
  void add(ByteSpan bytes);
  Digest finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of `length` bytes whose leaves are given in any order, each exactly once. BLAKE3 is a binary
/// tree over leaves of 1 KiB, so that every run of whole leaves can be hashed by itself:
///
///                    root
///               /            \.
///           node              node          each node: the compression of its two children;
///          /    \            /    \.        an aligned pair of subtrees meets as soon as both are there
///       leaf0  leaf1      leaf2  leaf3      leaves: hashed many at once with the SIMD kernels
///
/// What is kept between calls are the subtrees whose sibling is still missing: a few dozen at most when the
/// runs are large. add() may be called by several threads at once; the call that completes the tree returns
/// the digest, and none touches the object afterwards.
class TreeHash {
 public:
  explicit TreeHash(std::uint64_t length);

  std::uint64_t length() const { return length_; }
  /// The number of leaves; an empty input has one.
  std::uint64_t leaves() const { return leaves_; }

  /// The bytes of leaves [first_leaf, first_leaf + n), whole but for the last leaf of all.
  std::optional<Digest> add(std::uint64_t first_leaf, ByteSpan bytes);

 private:
  std::optional<Digest> meet(unsigned level, std::uint64_t index, Digest value);

  std::uint64_t length_;
  std::uint64_t leaves_;
  unsigned top_ = 0;  // the root's level: 2^top_ >= leaves_
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Digest> waiting_;  // key: level in the top 6 bits, index below
};

}  // namespace aerotool::hash
