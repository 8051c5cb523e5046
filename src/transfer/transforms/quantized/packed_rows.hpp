// Small integers of compressed-tensors that words hold down the rows of a matrix, as numbers.
#pragma once

#include <cstdint>
#include <memory>

#include "transfer/value_source.hpp"

namespace aerotool::quantized {

/// Codes of 4 or 8 bits of a matrix [rows, columns], less the half of their range, lowest bits first: a word
/// I32 holds those of one column and several rows. The tensor has the shape [ceil(rows * bits / 32),
/// columns].
std::shared_ptr<const ValueSource> packed_rows(const StoredTensor& words, std::uint32_t bits,
                                               std::uint64_t rows, std::uint64_t columns);

/// Elements I8.
std::shared_ptr<const ValueSource> small_integers(const StoredTensor& tensor);

}  // namespace aerotool::quantized
