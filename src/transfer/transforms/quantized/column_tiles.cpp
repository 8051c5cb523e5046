#include "transfer/transforms/quantized/column_tiles.hpp"

#include <algorithm>
#include <cstring>

#include "core/bytes.hpp"
#include "core/scratch.hpp"
#include "transfer/transforms/quantized/module.hpp"

namespace aerotool::quantized {
namespace {

// More rows at once would leave too few columns of a tile for each row that is read.
constexpr std::uint64_t kMostRows = std::uint64_t{32} << 10;
// What is read at once before its columns are put beside each other.
constexpr std::uint64_t kReadBytes = std::uint64_t{256} << 10;
// Where rows are not longer, all of them is read: many small reads would take longer.
constexpr std::uint64_t kShortRow = std::uint64_t{4} << 10;

/// `from`: rows of `stride` bytes. `to`: columns of `tile_rows` elements, of which the rows are the first.
template <std::size_t Width>
void put_columns(const std::byte* from, std::uint64_t stride, std::uint64_t rows, std::uint64_t columns,
                 std::byte* to, std::uint64_t tile_rows) {
  constexpr std::uint64_t kColumnsAtOnce = 16;
  for (std::uint64_t first = 0; first < columns; first += kColumnsAtOnce) {
    const std::uint64_t end = std::min(columns, first + kColumnsAtOnce);
    for (std::uint64_t row = 0; row < rows; ++row) {
      for (std::uint64_t column = first; column < end; ++column)
        std::memcpy(to + (column * tile_rows + row) * Width, from + row * stride + column * Width, Width);
    }
  }
}

}  // namespace

ColumnTiles::ColumnTiles(const StoredTensor& tensor, const Size& size, std::shared_ptr<PartCache> cache)
    : tensor_(tensor), size_(size), cache_(std::move(cache)) {
  if (size_.rows == 0 || size_.columns == 0) return;
  tile_rows_ = std::min(size_.rows, kMostRows);
  row_tiles_ = pieces_of(size_.rows, tile_rows_);
  const std::uint64_t most_columns =
      std::clamp<std::uint64_t>(cache_->part_bytes() / (tile_rows_ * size_.width), 1, size_.columns);
  // Tiles of about the same size.
  column_tiles_ = pieces_of(size_.columns, most_columns);
  tile_columns_ = pieces_of(size_.columns, column_tiles_);
}

void ColumnTiles::read(std::uint64_t matrix, std::uint64_t column, std::uint64_t row,
                       std::span<std::byte> out) const {
  for (std::size_t done = 0; done < out.size();) {
    const std::uint64_t row_tile = row / tile_rows_;
    const std::uint64_t column_tile = column / tile_columns_;
    const std::uint64_t rows = std::min(tile_rows_, size_.rows - row_tile * tile_rows_);
    const auto tile = cache_->get(
        {tensor_.index, (matrix * row_tiles_ + row_tile) * column_tiles_ + column_tile, tensor_.model},
        [&] { return load(matrix, row_tile * tile_rows_, column_tile * tile_columns_); });
    const std::uint64_t in_tile = row % tile_rows_;
    const std::size_t length = std::min<std::uint64_t>((rows - in_tile) * size_.width, out.size() - done);
    std::memcpy(out.data() + done, tile->data() + (column % tile_columns_ * rows + in_tile) * size_.width,
                length);
    done += length;
    row += length / size_.width;
  }
}

PartCache::Bytes ColumnTiles::load(std::uint64_t matrix, std::uint64_t row, std::uint64_t column) const {
  const std::uint64_t rows = std::min(tile_rows_, size_.rows - row);
  const std::uint64_t columns = std::min(tile_columns_, size_.columns - column);
  const std::uint64_t row_bytes = size_.columns * size_.width;
  const std::uint64_t piece_bytes = columns * size_.width;
  const bool whole_rows = row_bytes <= kShortRow || columns == size_.columns;
  const std::uint64_t stride = whole_rows ? row_bytes : piece_bytes;
  const std::uint64_t rows_at_once = std::clamp<std::uint64_t>(kReadBytes / stride, 1, rows);
  Scratch<std::byte> buffer(rows_at_once * stride);
  PartCache::Bytes tile(rows * piece_bytes);
  for (std::uint64_t done = 0; done < rows;) {
    const std::uint64_t count = std::min(rows_at_once, rows - done);
    const std::uint64_t begin = (matrix * size_.rows + row + done) * row_bytes;
    if (whole_rows) {
      tensor_.model->read(tensor_.index, begin, buffer.first(count * stride));
    } else {
      for (std::uint64_t i = 0; i < count; ++i)
        tensor_.model->read(tensor_.index, begin + i * row_bytes + column * size_.width,
                            buffer.span().subspan(i * stride, stride));
    }
    const std::byte* const from = buffer.span().data() + (whole_rows ? column * size_.width : 0);
    std::byte* const to = tile.data() + done * size_.width;
    switch (size_.width) {
      case 1:
        put_columns<1>(from, stride, count, columns, to, rows);
        break;
      case 2:
        put_columns<2>(from, stride, count, columns, to, rows);
        break;
      default:
        put_columns<4>(from, stride, count, columns, to, rows);
    }
    done += count;
  }
  return tile;
}

}  // namespace aerotool::quantized
