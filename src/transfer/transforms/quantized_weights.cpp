#include "transfer/transforms/quantized_weights.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "codecs/small_types.hpp"
#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "model/quantized_modules.hpp"
#include "transfer/transforms/quantized/module.hpp"

namespace aerotool {
namespace {

using quantized::Module;

bool is_small_float(const DType& dtype) {
  return dtype.is_packed() && dtype.packed().codec == small_types::kCodec && dtype.bits() == 8;
}

class Recogniser {
 public:
  Recogniser(const Model& model, const QuantizationConfig& config,
             std::shared_ptr<quantized::PartCache> cache)
      : model_(model),
        config_(config),
        cache_(cache ? std::move(cache) : std::make_shared<quantized::PartCache>()) {}

  std::vector<QuantizedWeight> weights() {
    std::vector<QuantizedGroup> groups = quantized_groups(model_.tensors());
    std::erase_if(groups, [this](const QuantizedGroup& group) { return !looks_quantized(group); });
    std::ranges::sort(groups, {}, [](const QuantizedGroup& group) { return group.tensor(QuantRole::codes); });
    std::vector<QuantizedWeight> weights;
    weights.reserve(groups.size());
    for (const QuantizedGroup& group : groups) weights.push_back(weight_of(group));
    require_sound(weights);
    return weights;
  }

 private:
  [[noreturn]] void refuse(std::size_t tensor, std::string why) const {
    throw UnsupportedError({model_.path_of(tensor), {}, model_.tensors()[tensor].name}, std::move(why));
  }

  /// Many modules have tensors that are merely called so. Throws where it cannot be told.
  bool looks_quantized(const QuantizedGroup& group) const {
    if (!group.has(QuantRole::codes)) {
      for (std::size_t role = 0; role < kQuantRoles; ++role) {
        const std::uint32_t index = group.tensors[role];
        if (index != QuantizedModule::kNone && belongs_to_codes(static_cast<QuantRole>(role), index))
          refuse(index, "belongs to a quantized weight whose codes are not there");
      }
      return false;
    }
    const std::uint32_t index = group.tensor(QuantRole::codes);
    const Tensor& codes = model_.tensors()[index];
    if (group.hint == QuantLayout::mxfp4_blocks)
      return group.has(QuantRole::scale) && codes.dtype == DType(DTypeCode::u8);
    if (group.hint != QuantLayout::one_each) return true;  // no other tensors are called so
    const bool alone = std::ranges::count(group.tensors, QuantizedModule::kNone) == kQuantRoles - 1;
    if (!alone) return true;
    if (is_small_float(codes.dtype) && config_.says_anything())
      refuse(index, "holds 8-bit floats without a scale, though " + config_.file() + " says that '" +
                        shortened(escape_controls(config_.method())) + "' quantized the model");
    return false;
  }

  /// Whether no other tensor is called so.
  bool belongs_to_codes(QuantRole role, std::size_t tensor) const {
    const std::string_view name = model_.tensors()[tensor].name;
    switch (role) {
      case QuantRole::scale:
        return name.ends_with(".weight_scale_inv") || name.ends_with(".weight_scale") ||
               name.ends_with(".SCB");
      case QuantRole::second_scale:
      case QuantRole::zero:
      case QuantRole::absmax:
      case QuantRole::nested_absmax:
      case QuantRole::quant_map:
      case QuantRole::nested_quant_map:
        return true;
      default:
        return false;
    }
  }

  QuantizedWeight weight_of(const QuantizedGroup& group) const {
    if (group.twice != QuantizedModule::kNone)
      refuse(group.twice, "is for the same purpose as another tensor of its module");
    for (const std::uint32_t index : group.tensors) {
      if (index == QuantizedModule::kNone) continue;
      const Tensor& tensor = model_.tensors()[index];
      if (const std::string problem = size_problem(tensor, tensor.dtype); !problem.empty())
        throw CorruptError({model_.path_of(index), {}, tensor.name}, problem);
    }
    QuantizedWeight weight = recognised(Module(model_, config_, group, cache_));
    const auto elements = element_count(weight.shape);
    // As wide as the widest type that they are rounded to.
    if (!elements || !checked_mul(*elements, 8)) {
      const std::uint32_t index = group.tensor(QuantRole::codes);
      throw CorruptError({model_.path_of(index), {}, model_.tensors()[index].name},
                         "the shape " + to_string(weight.shape) + " of its numbers is too large");
    }
    return weight;
  }

  static QuantizedWeight recognised(const Module& module) {
    const Tensor& codes = module.tensor(QuantRole::codes);
    if (codes.name.ends_with(".qweight")) return quantized::packed_columns_weight(module);
    if (codes.name.ends_with("_blocks")) return quantized::mxfp4_blocks_weight(module);
    const bool is_packed = codes.name.ends_with(".weight_packed");
    const bool has_scale = module.has(QuantRole::scale);
    const bool is_u8 = module.is(QuantRole::codes, DTypeCode::u8);
    const bool is_i8 = module.is(QuantRole::codes, DTypeCode::i8);
    if (is_packed && !has_scale) module.refuse("has no scales beside it");
    if (is_packed && module.is(QuantRole::codes, DTypeCode::i32)) return quantized::packed_int_weight(module);
    if (is_packed && is_u8) return quantized::fp4_weight(module);
    if (has_scale && is_small_float(codes.dtype)) return quantized::fp8_weight(module);
    if (has_scale && is_u8 && module.has(QuantRole::second_scale)) return quantized::fp4_weight(module);
    if (is_u8 && module.has(QuantRole::absmax)) return quantized::bitsandbytes_weight(module);
    if (is_i8 && module.is_called(QuantRole::scale, ".SCB")) return quantized::bitsandbytes_weight(module);
    const bool has_exponents =
        has_scale && (module.is(QuantRole::scale, DTypeCode::u8) || module.is(QuantRole::scale, "F8_E8M0"));
    if (is_i8 && has_exponents) return quantized::fp4_weight(module);
    if (is_i8 && has_scale) return quantized::int8_weight(module);
    if (module.is(QuantRole::codes, DTypeCode::u32) && module.has(QuantRole::bias))
      module.refuse("is quantized as MLX does, which is not decoded");
    module.refuse("is quantized in a way that is not known");
  }

  /// That no two tensors get one name, and that no scale is left over.
  void require_sound(const std::vector<QuantizedWeight>& weights) const {
    const std::vector<Tensor>& tensors = model_.tensors();
    std::vector<bool> consumed(tensors.size());
    for (const QuantizedWeight& weight : weights) {
      for (const std::size_t index : weight.consumed) consumed[index] = true;
    }
    for (const std::size_t index : scaled_float_codes(tensors)) {
      if (!consumed[index]) refuse(index, "has a scale beside it in a layout that is not known");
    }
    if (weights.empty()) return;
    std::unordered_set<std::string_view> names;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (!consumed[i]) names.insert(tensors[i].name);
    }
    for (const QuantizedWeight& weight : weights) {
      if (!names.insert(weight.name).second)
        refuse(weight.consumed.front(),
               "would become '" + shortened(escape_controls(weight.name)) + "', which is there already");
    }
  }

  const Model& model_;
  const QuantizationConfig& config_;
  std::shared_ptr<quantized::PartCache> cache_;
};

}  // namespace

std::vector<QuantizedWeight> quantized_weights(const Model& model, const QuantizationConfig& config,
                                               std::shared_ptr<quantized::PartCache> cache) {
  return Recogniser(model, config, std::move(cache)).weights();
}

}  // namespace aerotool
