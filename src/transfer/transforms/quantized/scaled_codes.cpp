#include "transfer/transforms/quantized/scaled_codes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "codecs/floats/small_float.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/once.hpp"
#include "core/scratch.hpp"
#include "core/vectorised.hpp"
#include "transfer/transforms/quantized/module.hpp"
#include "transfer/transforms/quantized/rounded_codes.hpp"

namespace aerotool::quantized {
namespace {

// So many numbers are made at once: they stay in a core's cache until all steps are done.
constexpr std::uint64_t kAtOnce = std::uint64_t{16} << 10;

// In a block of so many each of the 256 codes is rounded first (RoundedCodes).
constexpr std::uint64_t kMostTableRows = 128;
constexpr std::uint64_t kTableColumns = 64;
constexpr std::uint64_t kTableElements = 2048;
constexpr std::size_t kBf16Bytes = width_of(FloatKind::bf16);
// Codes that are read at once then.
constexpr std::uint64_t kCodesAtOnce = std::uint64_t{512} << 10;

// What MX has in a block.
constexpr std::size_t kMxColumns = 32;

struct Code {
  std::uint32_t bits;    // stored
  int significant_bits;  // of the number, less zero
  int lowest_bit;        // the exponent of its last one
  double largest;
};

Code code_of(CodeKind kind, bool has_zeros) {
  switch (kind) {
    case CodeKind::f8_e4m3:
      return {8, 4, -9, 448};
    case CodeKind::e2m1:
      return {4, 2, -1, 6};
    case CodeKind::u4_minus_8:
      // A zero has up to 8 bits of its own.
      return {4, has_zeros ? 9 : 4, 0, has_zeros ? 256.0 : 8.0};
    default:
      return {8, 9, 0, 256};
  }
}

template <CodeKind Kind>
[[gnu::always_inline]] constexpr float number_of(std::uint32_t code) {
  if constexpr (Kind == CodeKind::f8_e4m3) return f8_e4m3_to_float(static_cast<std::uint8_t>(code));
  if constexpr (Kind == CodeKind::i8)
    return static_cast<float>(static_cast<std::int32_t>(code ^ 0x80U) - 128);
  if constexpr (Kind == CodeKind::u8_minus_128)
    return static_cast<float>(static_cast<std::int32_t>(code) - 128);
  if constexpr (Kind == CodeKind::u4_minus_8) return static_cast<float>(static_cast<std::int32_t>(code) - 8);
  const float magnitude = magnitude_to_float<1, 1>(code & 7U);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | ((code & 8U) << 28));
}

/// Bytes that hold one code each, times a factor.
template <CodeKind Kind, typename Number>
struct Whole {
  [[gnu::always_inline]] static void run(const std::uint8_t* codes, Number* out, Number factor,
                                         std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<Number>(number_of<Kind>(codes[i])) * factor;
  }
};

/// Those of blocks of a few columns each.
template <CodeKind Kind, typename Number, std::size_t Columns>
struct WholeBlocks {
  [[gnu::always_inline]] static void run(const std::uint8_t* codes, Number* out, const double* factors,
                                         std::size_t blocks) {
    for (std::size_t block = 0; block < blocks; ++block) {
      const auto factor = static_cast<Number>(factors[block]);
      for (std::size_t i = 0; i < Columns; ++i) {
        const std::size_t at = block * Columns + i;
        out[at] = static_cast<Number>(number_of<Kind>(codes[at])) * factor;
      }
    }
  }
};

/// What each byte is that holds two codes: to look it up takes a fifth of what it takes to compute it.
template <CodeKind Kind, typename Number>
constexpr auto kHalves = [] {
  std::array<std::array<Number, 2>, 256> numbers{};
  for (std::uint32_t byte = 0; byte < numbers.size(); ++byte) {
    numbers[byte][0] = static_cast<Number>(number_of<Kind>(byte & 15U));
    numbers[byte][1] = static_cast<Number>(number_of<Kind>(byte >> 4U));
  }
  return numbers;
}();

constexpr auto kAllCodes = [] {
  std::array<std::uint8_t, RoundedCodes::kCodes> codes{};
  for (std::size_t code = 0; code < codes.size(); ++code) codes[code] = static_cast<std::uint8_t>(code);
  return codes;
}();

template <typename Number>
struct Multiply {
  [[gnu::always_inline]] static void run(Number* numbers, Number factor, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) numbers[i] *= factor;
  }
};

template <typename Number>
struct Divide {
  [[gnu::always_inline]] static void run(Number* numbers, Number divisor, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) numbers[i] /= divisor;
  }
};

/// The numbers of blocks of a few columns each.
template <typename Number, std::size_t Columns>
struct MultiplyBlocks {
  [[gnu::always_inline]] static void run(Number* numbers, const double* factors, std::size_t blocks) {
    for (std::size_t block = 0; block < blocks; ++block) {
      const auto factor = static_cast<Number>(factors[block]);
      for (std::size_t i = 0; i < Columns; ++i) numbers[block * Columns + i] *= factor;
    }
  }
};

/// The codes [first, first + out.size()) of those that `bytes` begin with.
template <CodeKind Kind, typename Number>
void decode(const std::uint8_t* bytes, std::uint64_t first, std::span<Number> out) {
  if constexpr (Kind == CodeKind::e2m1 || Kind == CodeKind::u4_minus_8) {
    const std::uint8_t* byte = bytes + first / 2;
    std::size_t i = 0;
    if (first % 2 != 0 && !out.empty()) out[i++] = kHalves<Kind, Number>[*byte++][1];
    for (; i + 1 < out.size(); i += 2)
      std::memcpy(&out[i], &kHalves<Kind, Number>[*byte++], 2 * sizeof(Number));
    if (i < out.size()) out[i] = kHalves<Kind, Number>[*byte][0];
  } else {
    vectorised<Whole<Kind, Number>>(bytes + first, out.data(), Number{1}, out.size());
  }
}

class ScaledCodesSource final : public ValueSource {
 public:
  explicit ScaledCodesSource(ScaledCodes of)
      : of_(std::move(of)),
        code_(code_of(of_.kind, of_.zeros != nullptr)),
        grid_rows_(pieces_of(of_.rows, of_.block_rows)),
        grid_columns_(of_.group_index
                          ? of_.scales->count() / std::max<std::uint64_t>(of_.matrices * grid_rows_, 1)
                          : pieces_of(of_.columns, of_.block_columns)) {}

  std::uint64_t count() const override { return of_.matrices * of_.rows * of_.columns; }
  const std::string& path() const override { return of_.codes.model->path_of(of_.codes.index); }
  std::vector<StoredTensor> inputs() const override { return of_.inputs; }

  bool fits_f32() const override {
    looked_.run([this] { fits_f32_ = products_fit_f32(); });
    return fits_f32_;
  }

  std::optional<FloatKind> rounded_kind() const override {
    const std::uint64_t rows = std::min(of_.block_rows, kMostTableRows);
    const std::uint64_t columns = std::min(of_.block_columns, of_.columns);
    const bool is_large = columns >= kTableColumns && rows * columns >= kTableElements;
    if (!is_large || code_.bits != 8 || of_.group_index || of_.zeros) return std::nullopt;
    return FloatKind::bf16;
  }

  CastCounts read_rounded(std::uint64_t first, std::span<std::byte> out) const override {
    const std::uint64_t count = out.size() / kBf16Bytes;
    RoundedCodes table;
    Scratch<std::byte> scratch(std::min(kCodesAtOnce, std::max(count, of_.row_bytes)));
    CastCounts counts;
    for (std::uint64_t done = 0; done < count;) {
      Tile tile{(first + done) / of_.columns, 1, (first + done) % of_.columns, 0};
      tile.columns = std::min({of_.columns - tile.column, count - done, kCodesAtOnce});
      if (tile.columns == of_.columns)
        tile.rows = std::min({rows_of_block_from(tile.row), (count - done) / of_.columns,
                              std::max<std::uint64_t>(scratch.span().size() / of_.row_bytes, 1)});
      const auto part = out.subspan(done * kBf16Bytes, tile.rows * tile.columns * kBf16Bytes);
      const bool by_table = tile.rows * std::min(of_.block_columns, tile.columns) >= kTableElements;
      counts.add(by_table ? round_by_table(table, tile, scratch, part)
                          : round_one_by_one(first + done, part));
      done += tile.rows * tile.columns;
    }
    return counts;
  }

  void read(std::uint64_t first, std::span<float> out) const override { read_as(first, out); }
  void read(std::uint64_t first, std::span<double> out) const override { read_as(first, out); }

 private:
  /// What of the matrices is made at once: whole rows, or a part of one.
  struct Piece {
    std::uint64_t row;  // of all matrices
    std::uint64_t column;
    std::uint64_t count;
    std::uint64_t last_row;
  };

  /// Codes that are rounded at once: whole rows of one row of blocks, or a part of one row.
  struct Tile {
    std::uint64_t row;  // of all matrices
    std::uint64_t rows;
    std::uint64_t column;
    std::uint64_t columns;
  };

  /// The row of blocks that a row of numbers is in.
  std::uint64_t grid_row(std::uint64_t row) const {
    return row / of_.rows * grid_rows_ + row % of_.rows / of_.block_rows;
  }

  bool products_fit_f32() const {
    constexpr int kBits = 24;
    constexpr int kLowest = -149;
    constexpr double kTooLarge = 0x1p128;
    if (of_.step != LastStep::nothing) return false;
    std::array<double, 512> scales{};
    for (std::uint64_t at = 0; at < of_.scales->count(); at += scales.size()) {
      const std::uint64_t count = std::min<std::uint64_t>(scales.size(), of_.scales->count() - at);
      of_.scales->read(at, std::span(scales).first(count));
      for (const double scale : std::span(scales).first(count)) {
        if (scale == 0 || !std::isfinite(scale)) continue;
        const auto bits = std::bit_cast<std::uint64_t>(scale);
        const int trailing = std::min(std::countr_zero(bits), 52);
        const int exponent = std::ilogb(scale);
        const int significant = 53 - trailing;
        if (significant + code_.significant_bits > kBits) return false;
        if (exponent - (significant - 1) + code_.lowest_bit < kLowest) return false;
        if (std::fabs(scale) * code_.largest >= kTooLarge) return false;
      }
    }
    return true;
  }

  template <typename Number>
  void read_as(std::uint64_t first, std::span<Number> out) const {
    if (out.empty()) return;
    Scratch<std::byte> bytes(kAtOnce * 4);
    std::vector<double> scales;
    std::vector<double> zeros;
    for (std::size_t done = 0; done < out.size();) {
      Piece piece{(first + done) / of_.columns, (first + done) % of_.columns, out.size() - done, 0};
      piece.count = std::min(piece.count, kAtOnce);
      if (of_.columns >= kAtOnce / 2) piece.count = std::min(piece.count, of_.columns - piece.column);
      // Short rows may be padded to several times their codes.
      const std::uint64_t most_rows = std::max<std::uint64_t>(bytes.span().size() / of_.row_bytes, 1);
      if (piece.column + piece.count > most_rows * of_.columns)
        piece.count = most_rows * of_.columns - piece.column;
      piece.last_row = piece.row + (piece.column + piece.count - 1) / of_.columns;
      make(piece, out.subspan(done, piece.count), bytes, scales, zeros);
      done += piece.count;
    }
  }

  template <typename Number>
  void make(const Piece& piece, std::span<Number> out, Scratch<std::byte>& scratch,
            std::vector<double>& scales, std::vector<double>& zeros) const {
    const std::uint64_t end_column = (piece.column + piece.count - 1) % of_.columns + 1;
    const std::uint64_t begin = piece.row * of_.row_bytes + piece.column * code_.bits / 8;
    const std::uint64_t end = piece.last_row * of_.row_bytes + (end_column * code_.bits + 7) / 8;
    const auto bytes = scratch.first(end - begin);
    of_.codes.model->read(of_.codes.index, begin, bytes);
    // The scales of one row's blocks, or of whole rows of blocks.
    const bool one_row = piece.row == piece.last_row && !of_.group_index;
    const std::uint64_t first_block =
        grid_row(piece.row) * grid_columns_ + (one_row ? piece.column / of_.block_columns : 0);
    const std::uint64_t end_block =
        one_row ? grid_row(piece.row) * grid_columns_ + (end_column - 1) / of_.block_columns + 1
                : (grid_row(piece.last_row) + 1) * grid_columns_;
    scales.resize(end_block - first_block);
    of_.scales->read(first_block, std::span(scales));
    // Codes and scales of 4-bit floats leave room in a double for the product of all three.
    if (of_.step == LastStep::times) {
      vectorised<Multiply<double>>(scales.data(), last_number(), scales.size());
    }
    if (of_.zeros) {
      zeros.resize(scales.size());
      of_.zeros->read(first_block, std::span(zeros));
    }
    std::uint64_t column = piece.column;
    std::size_t done = 0;
    for (std::uint64_t row = piece.row; row <= piece.last_row; ++row) {
      const std::uint64_t count = std::min<std::uint64_t>(of_.columns - column, out.size() - done);
      const auto numbers = out.subspan(done, count);
      const std::uint64_t row_begin = row * of_.row_bytes + (row == piece.row ? column * code_.bits / 8 : 0);
      const std::uint64_t blocks_before = grid_row(row) * grid_columns_;
      const std::uint8_t* const codes = octets_of(bytes) + (row_begin - begin);
      if (code_.bits == 8 && !of_.group_index && zeros.empty()) {
        decode_scaled(
            codes, column,
            std::span<const double>(scales).subspan(blocks_before + column / of_.block_columns - first_block),
            numbers);
        done += count;
        column = 0;
        continue;
      }
      decode_row(codes, column * code_.bits % 8 / code_.bits, numbers);
      if (of_.group_index) {
        scale_by_index(column, std::span<const double>(scales).subspan(blocks_before - first_block), zeros,
                       blocks_before - first_block, numbers);
      } else {
        scale(column, std::span<const double>(scales), zeros, blocks_before, first_block, numbers);
      }
      done += count;
      column = 0;
    }
    if (of_.step == LastStep::over)
      vectorised<Divide<Number>>(out.data(), static_cast<Number>(last_number()), out.size());
  }

  template <typename Number>
  void decode_row(const std::uint8_t* bytes, std::uint64_t first, std::span<Number> out) const {
    switch (of_.kind) {
      case CodeKind::f8_e4m3:
        return decode<CodeKind::f8_e4m3>(bytes, first, out);
      case CodeKind::i8:
        return decode<CodeKind::i8>(bytes, first, out);
      case CodeKind::u8_minus_128:
        return decode<CodeKind::u8_minus_128>(bytes, first, out);
      case CodeKind::e2m1:
        return decode<CodeKind::e2m1>(bytes, first, out);
      case CodeKind::u4_minus_8:
        return decode<CodeKind::u4_minus_8>(bytes, first, out);
    }
  }

  /// A part of one row whose codes have a byte each, in one go; its first block has the first scale.
  template <typename Number>
  void decode_scaled(const std::uint8_t* codes, std::uint64_t column, std::span<const double> scales,
                     std::span<Number> out) const {
    switch (of_.kind) {
      case CodeKind::i8:
        return decode_scaled_as<CodeKind::i8>(codes, column, scales, out);
      case CodeKind::u8_minus_128:
        return decode_scaled_as<CodeKind::u8_minus_128>(codes, column, scales, out);
      default:
        return decode_scaled_as<CodeKind::f8_e4m3>(codes, column, scales, out);
    }
  }

  template <CodeKind Kind, typename Number>
  void decode_scaled_as(const std::uint8_t* codes, std::uint64_t column, std::span<const double> scales,
                        std::span<Number> out) const {
    std::uint64_t in_block = column % of_.block_columns;
    std::size_t block = 0;
    for (std::size_t done = 0; done < out.size(); ++block) {
      const std::size_t whole =
          of_.block_columns == kMxColumns && in_block == 0 ? (out.size() - done) / kMxColumns : 0;
      if (whole != 0) {
        vectorised<WholeBlocks<Kind, Number, kMxColumns>>(codes + done, out.data() + done,
                                                          scales.data() + block, whole);
        done += whole * kMxColumns;
        block += whole - 1;
        continue;
      }
      const std::size_t count = std::min<std::uint64_t>(of_.block_columns - in_block, out.size() - done);
      vectorised<Whole<Kind, Number>>(codes + done, out.data() + done, static_cast<Number>(scales[block]),
                                      count);
      done += count;
      in_block = 0;
    }
  }

  /// Of a part of one row.
  template <typename Number>
  void scale(std::uint64_t column, std::span<const double> scales, const std::vector<double>& zeros,
             std::uint64_t blocks_before, std::uint64_t first_block, std::span<Number> out) const {
    std::uint64_t block = blocks_before + column / of_.block_columns - first_block;
    std::uint64_t in_block = column % of_.block_columns;
    for (std::size_t done = 0; done < out.size();) {
      if (in_block == 0 && zeros.empty()) {
        const std::size_t whole = scale_whole_blocks(scales.data() + block, out.subspan(done));
        done += whole * of_.block_columns;
        block += whole;
        if (done == out.size()) return;
      }
      const std::uint64_t count = std::min<std::uint64_t>(of_.block_columns - in_block, out.size() - done);
      if (!zeros.empty()) {
        const auto zero = static_cast<Number>(zeros[block]);
        for (Number& number : out.subspan(done, count)) number -= zero;
      }
      vectorised<Multiply<Number>>(out.data() + done, static_cast<Number>(scales[block]), std::size_t{count});
      done += count;
      in_block = 0;
      ++block;
    }
  }

  /// Returns how many there were, where they are of a size that many layouts have.
  template <typename Number>
  std::size_t scale_whole_blocks(const double* scales, std::span<Number> out) const {
    const std::size_t whole = out.size() / of_.block_columns;
    switch (of_.block_columns) {
      case 16:
        vectorised<MultiplyBlocks<Number, 16>>(out.data(), scales, whole);
        return whole;
      case 32:
        vectorised<MultiplyBlocks<Number, 32>>(out.data(), scales, whole);
        return whole;
      case 128:
        vectorised<MultiplyBlocks<Number, 128>>(out.data(), scales, whole);
        return whole;
      default:
        return 0;
    }
  }

  template <typename Number>
  void scale_by_index(std::uint64_t column, std::span<const double> scales, const std::vector<double>& zeros,
                      std::uint64_t zeros_before, std::span<Number> out) const {
    Scratch<std::byte> index(out.size() * 4);
    of_.group_index->model->read(of_.group_index->index, column * 4, index.span());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto group = load_le<std::uint32_t>(index.span(), i * 4);
      if (group >= grid_columns_) {
        const StoredTensor& at = *of_.group_index;
        throw CorruptError({at.model->path_of(at.index), {}, at.tensor().name},
                           "names group " + std::to_string(static_cast<std::int32_t>(group)) + " of " +
                               std::to_string(grid_columns_));
      }
      if (!zeros.empty()) out[i] -= static_cast<Number>(zeros[zeros_before + group]);
      out[i] *= static_cast<Number>(scales[group]);
    }
  }

  /// So many rows from this one on have the same scales.
  std::uint64_t rows_of_block_from(std::uint64_t row) const {
    const std::uint64_t in_matrix = row % of_.rows;
    const std::uint64_t end = (in_matrix / of_.block_rows + 1) * of_.block_rows;
    return std::min(end, of_.rows) - in_matrix;
  }

  CastCounts round_by_table(RoundedCodes& table, const Tile& tile, Scratch<std::byte>& scratch,
                            std::span<std::byte> out) const {
    const auto bytes = scratch.first((tile.rows - 1) * of_.row_bytes + tile.columns);
    of_.codes.model->read(of_.codes.index, tile.row * of_.row_bytes + tile.column, bytes);
    const std::span<const std::uint8_t> codes(octets_of(bytes), bytes.size());
    const std::uint64_t first_block = tile.column / of_.block_columns;
    std::vector<double> scales((tile.column + tile.columns - 1) / of_.block_columns + 1 - first_block);
    of_.scales->read(grid_row(tile.row) * grid_columns_ + first_block, std::span(scales));
    if (of_.step == LastStep::times) {
      vectorised<Multiply<double>>(scales.data(), last_number(), scales.size());
    }
    const double divisor = of_.step == LastStep::over ? last_number() : 1;
    CastCounts counts;
    std::uint64_t begin = 0;  // of a block, in the tile
    for (std::size_t block = 0; block < scales.size(); ++block) {
      const std::uint64_t end =
          std::min((first_block + block + 1) * of_.block_columns - tile.column, tile.columns);
      std::array<double, RoundedCodes::kCodes> numbers{};
      decode_row(kAllCodes.data(), 0, std::span<double>(numbers));
      vectorised<Multiply<double>>(numbers.data(), scales[block], numbers.size());
      if (of_.step == LastStep::over) vectorised<Divide<double>>(numbers.data(), divisor, numbers.size());
      table.set(numbers);
      for (std::uint64_t row = 0; row < tile.rows; ++row)
        counts.add(table.look_up(codes.subspan(row * of_.row_bytes + begin, end - begin),
                                 out.data() + (row * tile.columns + begin) * kBf16Bytes));
      begin = end;
    }
    return counts;
  }

  CastCounts round_one_by_one(std::uint64_t first, std::span<std::byte> out) const {
    CastCounts counts;
    for_each_run(first, out.size() / kBf16Bytes, [&](std::uint64_t at, std::span<const double> numbers) {
      counts.add(narrow(FloatKind::bf16, numbers, out.subspan((at - first) * kBf16Bytes)));
    });
    return counts;
  }

  double last_number() const {
    double number = of_.divisor;
    if (of_.last) of_.last->read(0, std::span(&number, 1));
    return number;
  }

  ScaledCodes of_;
  Code code_;
  std::uint64_t grid_rows_;
  std::uint64_t grid_columns_;
  mutable Once looked_;
  mutable bool fits_f32_ = false;
};

}  // namespace

std::shared_ptr<const ValueSource> scaled_codes(ScaledCodes description) {
  return std::make_shared<ScaledCodesSource>(std::move(description));
}

}  // namespace aerotool::quantized
