// A sparse matrix or array as SciPy's scipy.sparse.load_npz reads it (src/formats/npy/FORMAT.md,
// "Archives for SciPy").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/zip/writer.hpp"
#include "model/model.hpp"
#include "model/object.hpp"
#include "transfer/pieces.hpp"

namespace aerotool::npy {

class SparseArchive {
 public:
  /// Of a CSR or COO object of the model; both outlive this. No weight is read. Throws UnsupportedError where
  /// SciPy would not read it, and CorruptError where its parts do not fit each other.
  SparseArchive(const Model& model, const Object& object);

  /// In the order in which they stand in the archive.
  std::span<const TensorPiece> pieces() const { return pieces_; }
  std::uint64_t size() const { return size_; }

  /// What stands around the pieces, in order, once it is known what their CRC-32s are.
  std::vector<PlacedText> texts(std::span<const std::uint32_t> crcs) const;

  /// Reads the indexes. Throws CorruptError where they are not those of such an object.
  void require_sound_indexes() const;

 private:
  struct Member {
    zip::Member entry;
    std::string head;  ///< what its file begins with; all of it where there is no piece
    std::optional<std::size_t> piece;
  };

  void add_csr();
  void add_coo();
  void add(std::string_view name, std::string head, std::optional<TensorPiece> piece = {});
  void add_shape_and_values(std::uint64_t count);

  std::size_t part(std::string_view role) const;
  std::size_t index_part(std::string_view role) const;
  void require_shape() const;
  [[noreturn]] void refuse(std::string_view why) const;
  [[noreturn]] void refuse_corrupt(std::string_view why) const;

  const Model& model_;
  const Object& object_;
  std::vector<Member> members_;
  std::vector<TensorPiece> pieces_;
  std::uint64_t directory_ = 0;  ///< where it begins
  std::uint64_t size_ = 0;
};

}  // namespace aerotool::npy
