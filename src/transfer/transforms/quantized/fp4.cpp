// Weights of 4-bit floats, two in a byte, with a scale for each 16 or 32 of a row.
#include "core/checked.hpp"
#include "transfer/transforms/quantized/compressed_scheme.hpp"
#include "transfer/transforms/quantized/module.hpp"
#include "transfer/transforms/quantized/scaled_codes.hpp"

namespace aerotool::quantized {
namespace {

constexpr std::uint64_t kNvBlock = 16;
constexpr std::uint64_t kMxBlock = 32;

// NOLINTBEGIN(bugprone-exception-escape): as in model/tensor.hpp

/// Of codes [..., rows, bytes]: all rows are alike.
struct Rows {
  Shape shape;  // of the weight
  std::uint64_t rows = 1;
  std::uint64_t columns = 0;
};

// NOLINTEND(bugprone-exception-escape)

Rows rows_of(const Module& module) {
  const Shape& codes = module.tensor(QuantRole::codes).shape;
  if (codes.size() < 2) module.refuse("has scales, but not two dimensions");
  const auto columns = checked_mul(codes.back(), 2);
  if (!columns) module.refuse("has a row that is too long");
  Rows rows{codes, 1, *columns};
  rows.shape.back() = *columns;
  for (std::size_t i = 0; i + 1 < codes.size(); ++i) rows.rows = checked_mul(rows.rows, codes[i]).value_or(0);
  return rows;
}

ScaledCodes codes_of(const Module& module, const Rows& rows, std::uint64_t block) {
  Shape grid = rows.shape;
  grid.back() = pieces_of(rows.columns, block);
  module.require_shape(QuantRole::scale, grid);
  ScaledCodes codes;
  codes.codes = module.stored(QuantRole::codes);
  codes.kind = CodeKind::e2m1;
  codes.rows = rows.rows;
  codes.columns = rows.columns;
  codes.row_bytes = rows.columns / 2;
  codes.block_columns = block;
  codes.scales = module.numbers(QuantRole::scale);
  codes.inputs = {codes.codes, module.stored(QuantRole::scale)};
  return codes;
}

/// With F8_E4M3 scales, and one of the whole tensor besides.
QuantizedWeight nvfp4_weight(const Module& module, LastStep step) {
  module.require_only({QuantRole::codes, QuantRole::scale, QuantRole::second_scale});
  if (!module.has(QuantRole::second_scale))
    module.refuse("looks like NVFP4, but has no scale of the whole tensor");
  module.require_dtype(QuantRole::scale, {"F8_E4M3"});
  const Rows rows = rows_of(module);
  ScaledCodes codes = codes_of(module, rows, kNvBlock);
  codes.last = module.one_number(QuantRole::second_scale);
  codes.step = step;
  codes.inputs.push_back(module.stored(QuantRole::second_scale));
  return module.weight("NVFP4", rows.shape, scaled_codes(std::move(codes)));
}

/// With exponents as scales.
QuantizedWeight mxfp4_weight(const Module& module) {
  module.require_only({QuantRole::codes, QuantRole::scale});
  module.require_dtype(QuantRole::scale, {"U8", "F8_E8M0"});
  const Rows rows = rows_of(module);
  return module.weight("MX FP4", rows.shape, scaled_codes(codes_of(module, rows, kMxBlock)));
}

QuantizedWeight compressed_weight(const Module& module) {
  module.require_method("NVFP4", {"compressed-tensors"});
  const bool exponents = !module.has(QuantRole::second_scale);
  const std::string format = exponents ? "mxfp4-pack-quantized" : "nvfp4-pack-quantized";
  const std::uint64_t block = exponents ? kMxBlock : kNvBlock;
  scheme_that_fits(module, [&](const CompressedScheme& one) -> std::string {
    if (one.format != format) return "the format '" + one.format + "', not " + format;
    if (one.type != "float" || one.bits != 4)
      return "weights of " + std::to_string(one.bits) + " bits of the type '" + one.type +
             "', not 4-bit floats";
    if (!one.symmetric) return "that they are not symmetric";
    if (one.group_size != block)
      return "a group_size of " + std::to_string(one.group_size) + ", not " + std::to_string(block);
    return {};
  });
  return exponents ? mxfp4_weight(module) : nvfp4_weight(module, LastStep::over);
}

/// What one of the two files says has to be what the other one says.
void require_nvfp4(const Module& module, const Value& said) {
  const auto algorithm = text_at(said, "quant_algo");
  if (!algorithm || *algorithm != "NVFP4") module.refuse_config("another quant_algo than NVFP4");
  module.require_said(said, "group_size", kNvBlock);
}

}  // namespace

QuantizedWeight fp4_weight(const Module& module) {
  if (module.is_called(QuantRole::codes, ".weight_packed")) return compressed_weight(module);
  if (module.is(QuantRole::codes, DTypeCode::i8)) {
    module.require_method("MX FP4", {"fp8"});
    return mxfp4_weight(module);
  }
  module.require_method("NVFP4", {"modelopt"});
  require_nvfp4(module, module.config().said());
  if (module.config().said_besides().type == ValueType::map)
    require_nvfp4(module, module.config().said_besides());
  return nvfp4_weight(module, LastStep::times);
}

}  // namespace aerotool::quantized
