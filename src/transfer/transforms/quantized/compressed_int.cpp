// Weights of integers as compressed-tensors stores them: an I8 for each, or packed in words.
#include <algorithm>

#include "core/bytes.hpp"
#include "core/checked.hpp"
#include "core/error.hpp"
#include "transfer/transforms/quantized/compressed_scheme.hpp"
#include "transfer/transforms/quantized/module.hpp"
#include "transfer/transforms/quantized/packed_rows.hpp"
#include "transfer/transforms/quantized/scaled_codes.hpp"

namespace aerotool::quantized {
namespace {

/// Two dimensions, as the module's tensor for its shape gives them.
Shape shape_said(const Module& module) {
  module.require_dtype(QuantRole::shape, {"I64", "I32"});
  module.require_shape(QuantRole::shape, {2});
  const StoredTensor stored = module.stored(QuantRole::shape);
  std::vector<std::byte> bytes(stored.tensor().size);
  stored.model->read(stored.index, 0, bytes);
  Shape shape;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::uint64_t size = module.is(QuantRole::shape, DTypeCode::i64)
                                   ? load_le<std::uint64_t>(bytes, i * 8)
                                   : load_le<std::uint32_t>(bytes, i * 4);
    // Negative ones, too.
    if (size > std::uint64_t{1} << 31) module.refuse(QuantRole::shape, "holds no shape of a weight");
    shape.push_back(size);
  }
  return shape;
}

std::string bits_problem(const CompressedScheme& scheme, std::uint64_t bits) {
  if (scheme.type == "int" && scheme.bits == bits) return {};
  return "weights of " + std::to_string(scheme.bits) + " bits of the type '" + scheme.type +
         "', not integers of " + std::to_string(bits);
}

/// The scheme's groups as scales of that shape have them.
std::string scale_problem(const Module& module, const CompressedScheme& scheme, const Shape& shape) {
  const auto block = block_size(scheme, shape[0], shape[1]);
  if (!block) return "the strategy '" + scheme.strategy + "' without the sizes it needs";
  const Shape& scale = module.tensor(QuantRole::scale).shape;
  if (!is_scale_of(scale, *block, shape[0], shape[1]))
    return "the strategy '" + scheme.strategy + "', which scales of the shape " + to_string(scale) +
           " do not fit";
  if (module.has(QuantRole::zero) && scheme.symmetric)
    return "that they are symmetric, but there are zero points";
  if (!module.has(QuantRole::zero) && !scheme.symmetric)
    return "that they are not symmetric, but there are no zero points";
  return {};
}

/// The order in which a weight's columns were grouped, unless nobody filled it in.
bool has_order(const Module& module, std::uint64_t columns, std::uint64_t groups) {
  if (!module.has(QuantRole::group_index)) return false;
  module.require_dtype(QuantRole::group_index, {"I32"});
  module.require_shape(QuantRole::group_index, {columns});
  const StoredTensor stored = module.stored(QuantRole::group_index);
  std::vector<std::byte> first(std::min<std::uint64_t>(stored.tensor().size, 4));
  stored.model->read(stored.index, 0, first);
  // The others have to be what this one is: a group, or -1.
  if (first.size() < 4 || load_le<std::uint32_t>(first) != 0xffffffff) return true;
  std::vector<std::byte> all(std::size_t{64} << 10);
  for (std::uint64_t at = 0; at < stored.tensor().size;) {
    const auto piece = std::span(all).first(std::min<std::uint64_t>(all.size(), stored.tensor().size - at));
    stored.model->read(stored.index, at, piece);
    if (std::ranges::any_of(piece, [](std::byte byte) { return byte != std::byte{0xff}; }))
      throw CorruptError({stored.model->path_of(stored.index), {}, stored.tensor().name},
                         "names group -1 of " + std::to_string(groups));
    at += piece.size();
  }
  return false;
}

/// Adds scales, zero points and their order.
void add_scales(const Module& module, const CompressedScheme& scheme, ScaledCodes& codes,
                std::uint32_t bits) {
  module.require_dtype(QuantRole::scale, {"F32", "BF16", "F16"});
  const auto block = block_size(scheme, codes.rows, codes.columns);
  codes.block_rows = block->rows;
  codes.block_columns = block->columns;
  const std::uint64_t grid_rows = pieces_of(codes.rows, block->rows);
  const std::uint64_t grid_columns = pieces_of(codes.columns, block->columns);
  codes.scales = module.numbers(QuantRole::scale);
  codes.inputs = {codes.codes, module.stored(QuantRole::scale)};
  if (module.has(QuantRole::zero)) {
    const StoredTensor zeros = module.stored(QuantRole::zero);
    module.require_dtype(QuantRole::zero, {"I8", "I32"});
    if (module.is(QuantRole::zero, DTypeCode::i8)) {
      // As many as scales, in whatever shape those have.
      module.require_shape(QuantRole::zero, module.tensor(QuantRole::scale).shape);
      codes.zeros = small_integers(zeros);
    } else {
      module.require_shape(QuantRole::zero, {pieces_of(grid_rows, 32 / bits), grid_columns});
      codes.zeros = packed_rows(zeros, bits, grid_rows, grid_columns);
    }
    codes.inputs.push_back(zeros);
  }
  if (has_order(module, codes.columns, grid_columns)) {
    module.require_few_groups(grid_columns);
    codes.group_index = module.stored(QuantRole::group_index);
    codes.inputs.push_back(*codes.group_index);
  }
}

}  // namespace

QuantizedWeight int8_weight(const Module& module) {
  module.require_method("INT8", {"compressed-tensors"});
  if (!module.is_called(QuantRole::scale, ".weight_scale"))
    module.refuse(QuantRole::scale, "is a scale of a layout that is not known");
  module.require_only({QuantRole::codes, QuantRole::scale, QuantRole::zero});
  const Shape& shape = module.tensor(QuantRole::codes).shape;
  if (shape.size() != 2) module.refuse("has scales, but not two dimensions");
  const CompressedScheme scheme = scheme_that_fits(module, [&](const CompressedScheme& one) -> std::string {
    if (one.format != "int-quantized" && one.format != "naive-quantized")
      return "the format '" + one.format + "', not int-quantized";
    if (std::string problem = bits_problem(one, 8); !problem.empty()) return problem;
    return scale_problem(module, one, shape);
  });
  ScaledCodes codes;
  codes.codes = module.stored(QuantRole::codes);
  codes.kind = CodeKind::i8;
  codes.rows = shape[0];
  codes.columns = shape[1];
  codes.row_bytes = shape[1];
  add_scales(module, scheme, codes, 8);
  return module.weight("INT8", shape, scaled_codes(std::move(codes)));
}

QuantizedWeight packed_int_weight(const Module& module) {
  module.require_method("packed integers", {"compressed-tensors"});
  module.require_only(
      {QuantRole::codes, QuantRole::scale, QuantRole::zero, QuantRole::group_index, QuantRole::shape});
  if (!module.has(QuantRole::shape)) module.refuse("has no weight_shape beside it");
  const Shape shape = shape_said(module);
  const Shape& words = module.tensor(QuantRole::codes).shape;
  const CompressedScheme scheme = scheme_that_fits(module, [&](const CompressedScheme& one) -> std::string {
    if (one.format != "pack-quantized") return "the format '" + one.format + "', not pack-quantized";
    if (one.bits != 4 && one.bits != 8) return bits_problem(one, 4);
    if (std::string problem = bits_problem(one, one.bits); !problem.empty()) return problem;
    if (words != Shape{shape[0], pieces_of(shape[1] * one.bits, 32)})
      return std::to_string(one.bits) + " bits, but codes of the shape " + to_string(words) +
             " do not hold a weight of the shape " + to_string(shape);
    return scale_problem(module, one, shape);
  });
  ScaledCodes codes;
  codes.codes = module.stored(QuantRole::codes);
  codes.kind = scheme.bits == 4 ? CodeKind::u4_minus_8 : CodeKind::u8_minus_128;
  codes.rows = shape[0];
  codes.columns = shape[1];
  codes.row_bytes = words[1] * 4;
  add_scales(module, scheme, codes, static_cast<std::uint32_t>(scheme.bits));
  codes.inputs.push_back(module.stored(QuantRole::shape));
  return module.weight(scheme.bits == 4 ? "INT4" : "INT8", shape, scaled_codes(std::move(codes)));
}

}  // namespace aerotool::quantized
