// Matrices that are read down their columns, which lie far from each other in the rows of a tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "transfer/byte_source.hpp"
#include "transfer/transforms/quantized/part_cache.hpp"

namespace aerotool::quantized {

/// A tensor as matrices [rows, columns] of elements of 1, 2 or 4 bytes, one behind the other. It is read in
/// tiles of a few MiB, which `cache` keeps with each column's elements beside each other. Thread-safe.
class ColumnTiles {
 public:
  struct Size {
    std::uint64_t matrices = 1;
    std::uint64_t rows = 0;
    std::uint64_t columns = 0;
    std::size_t width = 1;  ///< bytes of an element
  };

  ColumnTiles(const StoredTensor& tensor, const Size& size, std::shared_ptr<PartCache> cache);

  /// Fills `out` with the elements of one column from `row` on; the range is inside of the matrix. Throws
  /// what Model::read throws.
  void read(std::uint64_t matrix, std::uint64_t column, std::uint64_t row, std::span<std::byte> out) const;

 private:
  PartCache::Bytes load(std::uint64_t matrix, std::uint64_t row, std::uint64_t column) const;

  StoredTensor tensor_;
  Size size_;
  std::shared_ptr<PartCache> cache_;
  std::uint64_t tile_rows_ = 1;
  std::uint64_t tile_columns_ = 1;
  std::uint64_t row_tiles_ = 1;
  std::uint64_t column_tiles_ = 1;
};

}  // namespace aerotool::quantized
