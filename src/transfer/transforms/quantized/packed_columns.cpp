// What is GPTQ's and what is AWQ's among modules of M.qweight, M.qzeros and M.scales.
#include "transfer/transforms/quantized/packed_columns_values.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "transfer/transforms/quantized/module.hpp"

namespace aerotool::quantized {
namespace {

/// The inputs of a group, and how many groups they make; -1 is one group for all.
void set_groups(const Module& module, PackedColumns& columns) {
  const Value* const said = module.config().said().find("group_size");
  if (said != nullptr && said->type == ValueType::i64 && static_cast<std::int64_t>(said->bits) == -1) {
    columns.group_size = std::max<std::uint64_t>(columns.inputs, 1);
  } else if (said != nullptr && said->is_unsigned() && said->bits != 0) {
    columns.group_size = said->bits;
  } else {
    module.refuse_config("no group_size");
  }
  columns.groups = pieces_of(columns.inputs, columns.group_size);
}

PackedColumns columns_of(const Module& module) {
  if (!module.has(QuantRole::scale)) module.refuse("has no scales beside it");
  if (!module.has(QuantRole::zero)) module.refuse("has no qzeros beside it");
  if (!module.is_called(QuantRole::scale, ".scales"))
    module.refuse(QuantRole::scale, "is a scale of a layout that is not known");
  module.require_dtype(QuantRole::codes, {"I32"});
  module.require_dtype(QuantRole::zero, {"I32"});
  module.require_dtype(QuantRole::scale, {"F16", "BF16", "F32"});
  if (module.tensor(QuantRole::codes).shape.size() != 2) module.refuse("has not two dimensions");
  if (module.tensor(QuantRole::scale).shape.size() != 2)
    module.refuse(QuantRole::scale, "has not two dimensions");
  PackedColumns columns;
  columns.words = module.stored(QuantRole::codes);
  columns.zeros = module.stored(QuantRole::zero);
  columns.scales = module.stored(QuantRole::scale);
  columns.outputs = module.tensor(QuantRole::scale).shape[1];
  return columns;
}

QuantizedWeight weight_of(const Module& module, std::string layout, const PackedColumns& columns) {
  const auto row_bits = checked_mul(columns.outputs, columns.bits);
  if (!row_bits || *row_bits % 32 != 0)
    module.refuse(QuantRole::zero,
                  "has words that codes of " + std::to_string(columns.bits) + " bits do not fill");
  module.require_shape(QuantRole::scale, {columns.groups, columns.outputs});
  module.require_shape(QuantRole::zero, {columns.groups, *row_bits / 32});
  return module.weight(std::move(layout), {columns.outputs, columns.inputs},
                       packed_columns_values(columns, module.cache()));
}

QuantizedWeight gptq_weight(const Module& module) {
  const Value& said = module.config().said();
  module.require_only({QuantRole::codes, QuantRole::scale, QuantRole::zero, QuantRole::group_index});
  PackedColumns columns = columns_of(module);
  const auto bits = unsigned_at(said, "bits");
  if (!bits || (*bits != 2 && *bits != 3 && *bits != 4 && *bits != 8))
    module.refuse_config("bits that are not 2, 3, 4 or 8");
  columns.bits = static_cast<std::uint32_t>(*bits);
  const std::string_view format = text_at(said, "checkpoint_format").value_or("gptq");
  if ((format != "gptq" && format != "gptq_v2") ||
      (says(said, "checkpoint_format") && !text_at(said, "checkpoint_format")))
    module.refuse_config("the checkpoint_format '" + std::string(format) + "', not gptq or gptq_v2");
  if (boolean_at(said, "is_marlin_format").value_or(false))
    module.refuse_config("that the format is Marlin's");
  if (says(said, "pack_dtype") && text_at(said, "pack_dtype") != "int32")
    module.refuse_config("another pack_dtype than int32");
  columns.zero_offset = format == "gptq" ? 1 : 0;
  const Shape& words = module.tensor(QuantRole::codes).shape;
  const auto all_bits = checked_mul(words[0], 32);
  if (!all_bits || *all_bits % *bits != 0)
    module.refuse("has rows of words that codes of " + std::to_string(*bits) + " bits do not fill");
  columns.inputs = *all_bits / *bits;
  module.require_shape(QuantRole::codes, {words[0], columns.outputs});
  set_groups(module, columns);
  if (module.has(QuantRole::group_index)) {
    module.require_dtype(QuantRole::group_index, {"I32"});
    module.require_shape(QuantRole::group_index, {columns.inputs});
    module.require_few_groups(columns.groups);
    columns.groups_of_inputs = module.stored(QuantRole::group_index);
  } else if (boolean_at(said, "desc_act").value_or(false)) {
    module.refuse_config("desc_act, but there is no g_idx");
  }
  return weight_of(module, "GPTQ", columns);
}

QuantizedWeight awq_weight(const Module& module) {
  const Value& said = module.config().said();
  module.require_only({QuantRole::codes, QuantRole::scale, QuantRole::zero});
  PackedColumns columns = columns_of(module);
  if (unsigned_at(said, "bits") != 4U) module.refuse_config("bits that are not 4");
  if (!boolean_at(said, "zero_point").value_or(true)) module.refuse_config("that there are no zero points");
  for (const std::string_view key : {"version", "format"}) {
    if (!says(said, key)) continue;
    const std::string_view version = text_at(said, key).value_or("");
    if (version != "gemm" && version != "GEMM")
      module.refuse_config("the " + std::string(key) + " '" + std::string(version) + "', not gemm");
  }
  const Shape& words = module.tensor(QuantRole::codes).shape;
  columns.packing = PackedColumns::Packing::across;
  columns.inputs = words[0];
  if (columns.outputs % 8 != 0) module.refuse(QuantRole::scale, "has columns that are no multiple of 8");
  module.require_shape(QuantRole::codes, {columns.inputs, columns.outputs / 8});
  set_groups(module, columns);
  return weight_of(module, "AWQ", columns);
}

}  // namespace

QuantizedWeight packed_columns_weight(const Module& module) {
  module.require_method("GPTQ or AWQ", {"gptq", "awq"});
  return module.config().method() == "awq" ? awq_weight(module) : gptq_weight(module);
}

}  // namespace aerotool::quantized
