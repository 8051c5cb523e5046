// bitsandbytes: 4 bits with a table and a state in JSON, and 8 bits with a scale for each row.
#include <algorithm>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/json/value.hpp"
#include "transfer/transforms/quantized/module.hpp"
#include "transfer/transforms/quantized/scaled_codes.hpp"
#include "transfer/transforms/quantized/table_codes.hpp"

namespace aerotool::quantized {
namespace {

constexpr std::uint64_t kMostStateBytes = std::uint64_t{64} << 10;
constexpr std::uint64_t kMostStateMemory = std::uint64_t{4} << 20;

/// Of the library's load_in_4bit and load_in_8bit, each with or without a line before it.
bool says_load(const Module& module, const std::string& bits) {
  const Value& said = module.config().said();
  const std::string key = "load_in_" + bits + "bit";
  return boolean_at(said, key).value_or(false) || boolean_at(said, "_" + key).value_or(false);
}

std::uint64_t size_at(const Module& module, const Value& state, std::string_view key) {
  const auto size = unsigned_at(state, key);
  if (!size || *size == 0 || *size > std::uint64_t{1} << 32)
    module.refuse(QuantRole::state, "gives no " + std::string(key));
  return *size;
}

/// The state that the library keeps of a weight.
Value state_of(const Module& module) {
  if (!module.has(QuantRole::state)) module.refuse("has no quant_state beside it");
  module.require_dtype(QuantRole::state, {"U8"});
  const StoredTensor stored = module.stored(QuantRole::state);
  if (stored.tensor().size > kMostStateBytes) module.refuse(QuantRole::state, "is too large for a state");
  std::vector<std::byte> bytes(stored.tensor().size);
  stored.model->read(stored.index, 0, bytes);
  Value state;
  const auto problem = read_json(chars_of(ByteSpan(bytes)), kMostStateMemory, state);
  if (problem)
    throw CorruptError({stored.model->path_of(stored.index), {}, stored.tensor().name},
                       shortened(problem->message));
  if (state.type != ValueType::map) module.refuse(QuantRole::state, "holds no state of a weight");
  return state;
}

/// One F32 for each code of a table.
void require_table(const Module& module, QuantRole role, std::uint64_t codes) {
  module.require_dtype(role, {"F32"});
  module.require_shape(role, {codes});
}

std::shared_ptr<const ValueSource> scales_of(const Module& module, const Value& state, std::uint64_t runs,
                                             std::vector<StoredTensor>& inputs) {
  module.require_shape(QuantRole::absmax, {runs});
  inputs.push_back(module.stored(QuantRole::absmax));
  if (!module.has(QuantRole::nested_absmax)) {
    if (module.has(QuantRole::nested_quant_map))
      module.refuse(QuantRole::nested_quant_map, "has no nested_absmax beside it");
    if (says(state, "nested_blocksize"))
      module.refuse(QuantRole::state, "speaks of a nested_absmax that is not there");
    module.require_dtype(QuantRole::absmax, {"F32"});
    return module.numbers(QuantRole::absmax);
  }
  if (!module.has(QuantRole::nested_quant_map)) module.refuse("has no nested_quant_map beside it");
  module.require_dtype(QuantRole::absmax, {"U8"});
  module.require_dtype(QuantRole::nested_absmax, {"F32"});
  require_table(module, QuantRole::nested_quant_map, 256);
  NestedScales nested;
  nested.run = size_at(module, state, "nested_blocksize");
  module.require_shape(QuantRole::nested_absmax, {pieces_of(runs, nested.run)});
  const auto offset = number_at(state, "nested_offset");
  if (!offset) module.refuse(QuantRole::state, "gives no nested_offset");
  nested.offset = *offset;
  nested.codes = module.stored(QuantRole::absmax);
  nested.table = module.stored(QuantRole::nested_quant_map);
  nested.scales = module.stored(QuantRole::nested_absmax);
  inputs.insert(inputs.end(), {nested.table, nested.scales});
  return nested_scales(nested);
}

QuantizedWeight weight_of_4_bits(const Module& module) {
  module.require_method("bitsandbytes' 4 bits", {"bitsandbytes"});
  module.require_only({QuantRole::codes, QuantRole::absmax, QuantRole::quant_map, QuantRole::nested_absmax,
                       QuantRole::nested_quant_map, QuantRole::state});
  if (!says_load(module, "4")) module.refuse_config("nothing of load_in_4bit");
  if (!module.has(QuantRole::quant_map)) module.refuse("has no quant_map beside it");
  const Value state = state_of(module);
  const std::string type(text_at(state, "quant_type").value_or(""));
  if ((type != "nf4" && type != "fp4") || !module.is_called(QuantRole::state, "bitsandbytes__" + type))
    module.refuse(QuantRole::state, "gives another quant_type than its name");
  const auto said = text_at(module.config().said(), "bnb_4bit_quant_type");
  if (said && *said != type)
    module.refuse_config("bnb_4bit_quant_type '" + std::string(*said) + "', not " + type);
  const auto sizes = unsigned_list_at(state, "shape");
  if (!sizes) module.refuse(QuantRole::state, "gives no shape");
  const Shape shape(sizes->begin(), sizes->end());
  const auto count = element_count(shape);
  if (!count) module.refuse(QuantRole::state, "gives a shape that is too large");
  TableCodes codes;
  codes.codes = module.stored(QuantRole::codes);
  codes.table = module.stored(QuantRole::quant_map);
  codes.count = *count;
  codes.run = size_at(module, state, "blocksize");
  if (element_count(codes.codes.tensor().shape) != pieces_of(*count, 2))
    module.refuse("has the shape " + to_string(codes.codes.tensor().shape) +
                  ", which does not hold a weight of the shape " + to_string(shape));
  require_table(module, QuantRole::quant_map, 16);
  codes.inputs = {codes.codes, codes.table};
  codes.scales = scales_of(module, state, pieces_of(*count, codes.run), codes.inputs);
  codes.inputs.push_back(module.stored(QuantRole::state));
  return module.weight(type == "nf4" ? "bitsandbytes NF4" : "bitsandbytes FP4", shape,
                       table_codes(std::move(codes)));
}

QuantizedWeight weight_of_8_bits(const Module& module) {
  constexpr double kLargestCode = 127;
  module.require_method("bitsandbytes' 8 bits", {"bitsandbytes"});
  module.require_only({QuantRole::codes, QuantRole::scale, QuantRole::state});
  if (!says_load(module, "8")) module.refuse_config("nothing of load_in_8bit");
  const Shape& shape = module.tensor(QuantRole::codes).shape;
  if (shape.size() != 2) module.refuse("has scales, but not two dimensions");
  module.require_dtype(QuantRole::scale, {"F32"});
  module.require_shape(QuantRole::scale, {shape[0]});
  ScaledCodes codes;
  codes.codes = module.stored(QuantRole::codes);
  codes.kind = CodeKind::i8;
  codes.rows = shape[0];
  codes.columns = shape[1];
  codes.row_bytes = shape[1];
  codes.block_columns = std::max<std::uint64_t>(shape[1], 1);
  codes.scales = module.numbers(QuantRole::scale);
  codes.step = LastStep::over;
  codes.divisor = kLargestCode;
  codes.inputs = {codes.codes, module.stored(QuantRole::scale)};
  if (module.has(QuantRole::state)) {
    // 0 is in rows; older releases had orders for some GPUs.
    const StoredTensor format = module.stored(QuantRole::state);
    std::byte order{1};
    if (!module.is_called(QuantRole::state, ".weight_format") || format.tensor().size != 1)
      module.refuse(QuantRole::state, "is no format of a weight of 8 bits");
    format.model->read(format.index, 0, std::span(&order, 1));
    if (order != std::byte{0}) module.refuse(QuantRole::state, "says that the codes are not in rows");
    codes.inputs.push_back(format);
  }
  return module.weight("bitsandbytes INT8", shape, scaled_codes(std::move(codes)));
}

}  // namespace

QuantizedWeight bitsandbytes_weight(const Module& module) {
  return module.has(QuantRole::absmax) ? weight_of_4_bits(module) : weight_of_8_bits(module);
}

}  // namespace aerotool::quantized
