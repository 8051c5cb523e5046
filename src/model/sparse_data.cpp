#include "model/sparse_data.hpp"

#include <algorithm>
#include <optional>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "io/interrupt.hpp"

namespace aerotool {
namespace {

constexpr std::uint64_t kAtOnce = std::uint64_t{32} << 10;  // elements

bool is_signed(DTypeCode dtype) {
  return dtype == DTypeCode::i8 || dtype == DTypeCode::i16 || dtype == DTypeCode::i32 ||
         dtype == DTypeCode::i64;
}

/// Numbers of a part in order. What is negative comes as a number above all that are allowed.
class Numbers {
 public:
  Numbers(const IndexPart& part, std::uint64_t first, std::uint64_t end)
      : part_(part), read_(part.open()), width_(DType(part.dtype).bits() / 8), position_(first), end_(end) {}

  std::uint64_t next() {
    if (at_ == bytes_.size()) fill();
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < width_; ++i)
      number |= std::to_integer<std::uint64_t>(bytes_[at_ + i]) << (8 * i);
    at_ += width_;
    const std::uint64_t sign = std::uint64_t{1} << (8 * width_ - 1);
    if (is_signed(part_.dtype) && (number & sign) != 0) return UINT64_MAX;
    return number;
  }

 private:
  void fill() {
    const std::uint64_t count = std::min(kAtOnce, end_ - position_);
    bytes_.resize(count * width_);
    io::check_interrupt();
    read_(position_ * width_, bytes_);
    position_ += count;
    at_ = 0;
  }

  const IndexPart& part_;
  io::ReadAt read_;
  std::uint64_t width_;
  std::uint64_t position_;
  std::uint64_t end_;
  std::vector<std::byte> bytes_;
  std::size_t at_ = 0;
};

std::string at_place(std::string_view what, std::uint64_t number) {
  return std::string(what) + "[" + std::to_string(number) + "]";
}

/// The cells of a COO object as numbers in row-major order, one after the other.
class Cells {
 public:
  Cells(const IndexPart& coords, std::span<const std::uint64_t> shape) : shape_(shape) {
    const std::uint64_t count = coords.count / shape.size();
    dimensions_.reserve(shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i)
      dimensions_.emplace_back(coords, i * count, (i + 1) * count);
  }

  /// Nothing where a place is outside of the shape; then dimension() says in which.
  std::optional<std::uint64_t> next() {
    std::uint64_t cell = 0;
    for (std::size_t i = 0; i < dimensions_.size(); ++i) {
      const std::uint64_t place = dimensions_[i].next();
      if (place >= shape_[i]) {
        dimension_ = i;
        return std::nullopt;
      }
      cell = cell * shape_[i] + place;  // the product of the shape is below 2^64
    }
    return cell;
  }
  std::size_t dimension() const { return dimension_; }

 private:
  std::span<const std::uint64_t> shape_;
  std::vector<Numbers> dimensions_;
  std::size_t dimension_ = 0;
};

/// Looks for a cell that is there twice, with a bound on the cells in memory: those of a range are counted
/// first, and looked at in as many passes as that asks for.
class Twins {
 public:
  Twins(const IndexPart& coords, std::span<const std::uint64_t> shape, std::uint64_t most)
      : coords_(coords),
        shape_(shape),
        count_(coords.count / shape.size()),
        most_(std::max<std::uint64_t>(most, 1)) {}

  /// Among the cells from `first` to `last`.
  bool any(std::uint64_t first, std::uint64_t last) const {
    constexpr std::uint64_t kBuckets = 4096;
    const std::uint64_t width = (last - first) / kBuckets + 1;
    std::vector<std::uint64_t> counts((last - first) / width + 1);
    for_each_in(first, last, [&](std::uint64_t cell) { ++counts[(cell - first) / width]; });
    for (std::size_t begin = 0; begin < counts.size();) {
      std::uint64_t count = counts[begin];
      std::size_t end = begin + 1;
      for (; end < counts.size() && count + counts[end] <= most_; ++end) count += counts[end];
      const std::uint64_t from = first + begin * width;
      const std::uint64_t to = end == counts.size() ? last : first + end * width - 1;
      if (count > 1 && (count - 1 > to - from || (count > most_ ? any(from, to) : any_among(from, to))))
        return true;
      begin = end;
    }
    return false;
  }

 private:
  template <typename Visit>
  void for_each_in(std::uint64_t first, std::uint64_t last, Visit visit) const {
    Cells cells(coords_, shape_);
    for (std::uint64_t i = 0; i < count_; ++i) {
      const auto cell = cells.next();
      if (cell && *cell >= first && *cell <= last) visit(*cell);
    }
  }
  bool any_among(std::uint64_t first, std::uint64_t last) const {
    std::vector<std::uint64_t> cells;
    for_each_in(first, last, [&](std::uint64_t cell) { cells.push_back(cell); });
    std::ranges::sort(cells);
    return std::ranges::adjacent_find(cells) != cells.end();
  }

  const IndexPart& coords_;
  std::span<const std::uint64_t> shape_;
  std::uint64_t count_;
  std::uint64_t most_;
};

}  // namespace

bool is_index_type(const DType& dtype) {
  switch (dtype.code()) {
    case DTypeCode::i8:
    case DTypeCode::u8:
    case DTypeCode::i16:
    case DTypeCode::u16:
    case DTypeCode::i32:
    case DTypeCode::u32:
    case DTypeCode::i64:
    case DTypeCode::u64:
      return true;
    default:
      return false;
  }
}

std::string csr_data_problem(const IndexPart& indptr, const IndexPart& indices, std::uint64_t columns) {
  Numbers pointers(indptr, 0, indptr.count);
  Numbers places(indices, 0, indices.count);
  std::uint64_t begin = pointers.next();
  if (begin != 0) return "indptr[0] is not 0";
  for (std::uint64_t row = 1; row < indptr.count; ++row) {
    const std::uint64_t end = pointers.next();
    if (end < begin) return at_place("indptr", row) + " is less than the one before";
    if (end > indices.count) {
      return at_place("indptr", row) + " is more than the " + plural(indices.count, "value") +
             " that there are";
    }
    std::optional<std::uint64_t> before;
    for (; begin < end; ++begin) {
      const std::uint64_t column = places.next();
      if (column >= columns)
        return at_place("indices", begin) + " is no column: there are " + with_thousands(columns);
      if (before && column <= *before)
        return at_place("indices", begin) + " does not ascend in its row, " + std::to_string(row - 1);
      before = column;
    }
  }
  if (begin != indices.count) {
    return "indptr ends with " + std::to_string(begin) + ", and there are " + plural(indices.count, "value");
  }
  return {};
}

std::string coo_data_problem(const IndexPart& coords, std::span<const std::uint64_t> shape,
                             std::uint64_t most_cells) {
  const std::uint64_t count = coords.count / shape.size();
  bool ascends = true;
  Cells cells(coords, shape);
  std::optional<std::uint64_t> before;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto cell = cells.next();
    if (!cell) {
      return "the place of value " + std::to_string(i) + " in dimension " +
             std::to_string(cells.dimension()) + " is outside of the shape";
    }
    ascends = ascends && (!before || *cell > *before);
    before = cell;
  }
  if (ascends) return {};
  // Every place is in the shape, so that there are cells.
  const std::uint64_t all = *element_count(shape);
  return Twins(coords, shape, most_cells).any(0, all - 1) ? "a cell is there twice" : std::string{};
}

}  // namespace aerotool
