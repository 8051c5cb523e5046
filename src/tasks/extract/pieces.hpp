// Parts of tensors on their way out, held to the hashes that their model carries of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "hash/crc32.hpp"
#include "io/output.hpp"
#include "io/progress.hpp"
#include "model/model.hpp"
#include "transfer/pieces.hpp"

namespace aerotool::tasks {

class PieceCopier {
 public:
  PieceCopier(const Model& model, unsigned jobs);

  /// What is not a whole tensor with a hash of its own is held to the pages it touches, else to the hash of
  /// the whole tensor.
  void check(const TensorPiece& piece) const;

  struct Way {
    io::Output* output = nullptr;  ///< null: only the hashes are looked at
    /// What a stream has beside the pieces, in order; to a file it is written apart.
    std::span<const PlacedText> texts = {};
    io::Progress* progress = nullptr;
  };
  /// Copies the pieces in order, and holds whole tensors to their hashes.
  void copy(std::span<const TensorPiece> pieces, const Way& way) const;
  /// The same; the CRC-32 of each piece.
  std::vector<std::uint32_t> copy_with_crcs(std::span<const TensorPiece> pieces, const Way& way) const;

 private:
  void copy(std::span<const TensorPiece> pieces, const Way& way, std::deque<hash::Crc32OfPieces>* crcs) const;
  bool is_whole(const TensorPiece& piece) const;
  std::optional<Digest> digest_of(std::size_t tensor) const;
  void require_checksum(std::size_t tensor) const;
  void require_digest(std::size_t tensor, const Digest& found) const;

  const Model& model_;
  unsigned jobs_;
  std::unordered_map<std::size_t, Digest> shard_digests_;  // of tensors that fill their shard
};

}  // namespace aerotool::tasks
