// The rules of sparse matrices that only their data shows (src/formats/ztensor/FORMAT.md, "Layouts").
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "io/digester.hpp"
#include "model/dtype.hpp"

namespace aerotool {

/// Whether elements can be places in a shape: integers.
bool is_index_type(const DType& dtype);

/// A part that holds places in a shape: integers, one behind the other.
struct IndexPart {
  /// Makes what reads it: several read beside each other, each from front to back.
  std::function<io::ReadAt()> open;
  std::uint64_t count = 0;
  DTypeCode dtype = DTypeCode::u64;
};

/// What is wrong; empty where nothing is. Both parts are read once, front to back; `indptr` has one entry
/// more than the matrix has rows.
std::string csr_data_problem(const IndexPart& indptr, const IndexPart& indices, std::uint64_t columns);

/// The same for `coords`: for each dimension the places of all values. Cells in ascending order are compared
/// in one pass; others in several, with no more than `most_cells` in memory.
std::string coo_data_problem(const IndexPart& coords, std::span<const std::uint64_t> shape,
                             std::uint64_t most_cells = std::uint64_t{4} << 20);

}  // namespace aerotool
