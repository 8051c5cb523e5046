// Weights of 8-bit floats with a scale for all of them, for each row, or for each block.
#include <algorithm>

#include "core/checked.hpp"
#include "transfer/transforms/quantized/compressed_scheme.hpp"
#include "transfer/transforms/quantized/module.hpp"
#include "transfer/transforms/quantized/scaled_codes.hpp"

namespace aerotool::quantized {
namespace {

constexpr std::uint64_t kMxBlock = 32;

/// Codes of at least two dimensions: those before the last two count matrices.
struct Matrices {
  std::uint64_t count = 1;
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
};

Matrices matrices_of(const Module& module) {
  const Shape& shape = module.tensor(QuantRole::codes).shape;
  if (shape.size() < 2) module.refuse("has scales, but not two dimensions");
  Matrices matrices{1, shape[shape.size() - 2], shape.back()};
  // The elements of a tensor with bytes for each of them cannot pass 2^64, but a 0 may hide it.
  for (std::size_t i = 0; i + 2 < shape.size(); ++i)
    matrices.count = checked_mul(matrices.count, shape[i]).value_or(0);
  return matrices;
}

/// The shape of the scales of blocks of that size.
Shape grid_of(const Shape& codes, std::uint64_t block_rows, std::uint64_t block_columns) {
  Shape grid = codes;
  grid[grid.size() - 2] = pieces_of(grid[grid.size() - 2], block_rows);
  grid.back() = pieces_of(grid.back(), block_columns);
  return grid;
}

QuantizedWeight weight_of(const Module& module, std::string layout, const Matrices& matrices,
                          std::uint64_t block_rows, std::uint64_t block_columns) {
  ScaledCodes codes;
  codes.codes = module.stored(QuantRole::codes);
  codes.kind = CodeKind::f8_e4m3;
  codes.rows = matrices.rows;
  codes.matrices = matrices.count;
  codes.columns = matrices.columns;
  codes.row_bytes = matrices.columns;
  codes.block_rows = block_rows;
  codes.block_columns = block_columns;
  codes.scales = module.numbers(QuantRole::scale);
  codes.inputs = {codes.codes, module.stored(QuantRole::scale)};
  return module.weight(std::move(layout), module.tensor(QuantRole::codes).shape,
                       scaled_codes(std::move(codes)));
}

bool is_scale_exponents(const Module& module) {
  return module.is(QuantRole::scale, DTypeCode::u8) || module.is(QuantRole::scale, "F8_E8M0");
}

/// "fp8", as DeepSeek's and Qwen's checkpoints have it; its scales are called "inverse" and are factors.
QuantizedWeight weight_of_blocks(const Module& module) {
  const bool exponents = is_scale_exponents(module);
  if (exponents) {
    module.require_method("MX FP8", {"fp8", "mxfp8"});
  } else {
    module.require_method("FP8 block", {"fp8"});
    module.require_dtype(QuantRole::scale, {"F32", "BF16"});
  }
  const Value& said = module.config().said();
  if (says(said, "fmt") && text_at(said, "fmt") != "e4m3") module.refuse_config("another fmt than e4m3");
  const Shape& shape = module.tensor(QuantRole::codes).shape;
  const Matrices matrices = matrices_of(module);
  const auto block = unsigned_list_at(said, "weight_block_size");
  if (block && (block->size() != 2 || (*block)[0] == 0 || (*block)[1] == 0))
    module.refuse_config("a weight_block_size that is no two numbers");
  if (!block && says(said, "weight_block_size"))
    module.refuse_config("a weight_block_size that is no two numbers");
  // The exponents of MX belong to 32 codes, whatever the blocks of the other weights are.
  if (exponents && module.tensor(QuantRole::scale).shape == grid_of(shape, 1, kMxBlock))
    return weight_of(module, "MX FP8", matrices, 1, kMxBlock);
  if (!block) module.refuse_config("no weight_block_size");
  module.require_shape(QuantRole::scale, grid_of(shape, (*block)[0], (*block)[1]));
  return weight_of(module, "FP8 block", matrices, (*block)[0], (*block)[1]);
}

/// One scale for all codes.
QuantizedWeight weight_of_tensor(const Module& module) {
  Matrices matrices = matrices_of(module);
  if (element_count(module.tensor(QuantRole::scale).shape) != 1U)
    module.refuse(QuantRole::scale,
                  "has the shape " + to_string(module.tensor(QuantRole::scale).shape) + ", not one number");
  matrices.rows = checked_mul(matrices.rows, matrices.count).value_or(0);
  matrices.count = 1;
  return weight_of(module, "FP8", matrices, std::max<std::uint64_t>(matrices.rows, 1),
                   std::max<std::uint64_t>(matrices.columns, 1));
}

QuantizedWeight compressed_weight(const Module& module) {
  const Matrices matrices = matrices_of(module);
  const Shape& scale = module.tensor(QuantRole::scale).shape;
  if (matrices.count != 1 || module.tensor(QuantRole::codes).shape.size() != 2)
    module.refuse("has more than two dimensions, for which no layout is known");
  const CompressedScheme scheme = scheme_that_fits(module, [&](const CompressedScheme& one) -> std::string {
    if (one.format != "float-quantized" && one.format != "naive-quantized")
      return "the format '" + one.format + "', not float-quantized";
    if (one.type != "float" || one.bits != 8)
      return "weights of " + std::to_string(one.bits) + " bits of the type '" + one.type +
             "', not 8-bit floats";
    if (!one.symmetric) return "that they are not symmetric";
    const auto block = block_size(one, matrices.rows, matrices.columns);
    if (!block) return "the strategy '" + one.strategy + "' without the sizes it needs";
    if (!is_scale_of(scale, *block, matrices.rows, matrices.columns))
      return "the strategy '" + one.strategy + "', which scales of the shape " + to_string(scale) +
             " do not fit";
    return {};
  });
  const auto block = block_size(scheme, matrices.rows, matrices.columns);
  return weight_of(module, scheme.strategy == "block" ? "FP8 block" : "FP8", matrices, block->rows,
                   block->columns);
}

QuantizedWeight model_opt_weight(const Module& module) {
  const auto algorithm = text_at(module.config().said(), "quant_algo");
  if (is_scale_exponents(module)) {
    if (algorithm != "MXFP8") module.refuse_config("another quant_algo than MXFP8");
    const Matrices matrices = matrices_of(module);
    module.require_shape(QuantRole::scale, grid_of(module.tensor(QuantRole::codes).shape, 1, kMxBlock));
    return weight_of(module, "MX FP8", matrices, 1, kMxBlock);
  }
  if (algorithm == "FP8_PER_CHANNEL_PER_TOKEN") {
    const Matrices matrices = matrices_of(module);
    if (matrices.count != 1) module.refuse("has more than two dimensions, for which no layout is known");
    const BlockSize block{1, std::max<std::uint64_t>(matrices.columns, 1)};
    if (!is_scale_of(module.tensor(QuantRole::scale).shape, block, matrices.rows, matrices.columns))
      module.require_shape(QuantRole::scale, {matrices.rows});
    return weight_of(module, "FP8", matrices, block.rows, block.columns);
  }
  if (algorithm != "FP8") module.refuse_config("another quant_algo than FP8");
  return weight_of_tensor(module);
}

}  // namespace

QuantizedWeight fp8_weight(const Module& module) {
  module.require_dtype(QuantRole::codes, {"F8_E4M3"});
  module.require_only({QuantRole::codes, QuantRole::scale});
  if (module.is_called(QuantRole::scale, ".weight_scale_inv") || module.is_called(QuantRole::scale, ".scale"))
    return weight_of_blocks(module);
  if (!module.is_called(QuantRole::scale, ".weight_scale"))
    module.refuse(QuantRole::scale, "is a scale of a layout that is not known");
  module.require_method("FP8", {"compressed-tensors", "modelopt", "fp8", "mxfp8"});
  if (is_scale_exponents(module) && module.config().method() != "modelopt") return weight_of_blocks(module);
  module.require_dtype(QuantRole::scale, {"F32", "BF16", "F16", "U8", "F8_E8M0"});
  if (module.config().method() == "compressed-tensors") return compressed_weight(module);
  if (module.config().method() == "modelopt") return model_opt_weight(module);
  // Without blocks, "fp8" has one scale a tensor.
  if (module.config().method() == "mxfp8") module.refuse("has scales that are no exponents, unlike MX FP8");
  if (says(module.config().said(), "weight_block_size")) return weight_of_blocks(module);
  return weight_of_tensor(module);
}

}  // namespace aerotool::quantized
