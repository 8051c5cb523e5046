#include "model/quantized_modules.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "codecs/small_types.hpp"
#include "core/checked.hpp"

namespace aerotool {
namespace {

struct Suffix {
  std::string_view text;
  QuantRole role;
  QuantLayout hint = QuantLayout::one_each;  // of codes: whose they are, where the name says it
};

// Longer ones stand before those that they end in.
constexpr std::array kSuffixes = {
    Suffix{".qweight", QuantRole::codes, QuantLayout::gptq},
    Suffix{".weight_packed", QuantRole::codes, QuantLayout::packed_int},
    Suffix{"_blocks", QuantRole::codes, QuantLayout::mxfp4_blocks},
    Suffix{".weight", QuantRole::codes},
    Suffix{".weight_scale_inv", QuantRole::scale},
    Suffix{".weight_scale", QuantRole::scale},
    Suffix{".scales", QuantRole::scale},
    Suffix{"_scales", QuantRole::scale},
    Suffix{".scale", QuantRole::scale},
    Suffix{".scale_weight", QuantRole::scale},
    Suffix{".SCB", QuantRole::scale},
    Suffix{".weight_global_scale", QuantRole::second_scale},
    Suffix{".weight_scale_2", QuantRole::second_scale},
    Suffix{".qzeros", QuantRole::zero},
    Suffix{".weight_zero_point", QuantRole::zero},
    Suffix{".weight_g_idx", QuantRole::group_index},
    Suffix{".g_idx", QuantRole::group_index},
    Suffix{".weight_shape", QuantRole::shape},
    Suffix{".input_global_scale", QuantRole::input_scale},
    Suffix{".input_scale", QuantRole::input_scale},
    Suffix{".scale_input", QuantRole::input_scale},
    Suffix{".weight.nested_absmax", QuantRole::nested_absmax},
    Suffix{".weight.absmax", QuantRole::absmax},
    Suffix{".weight.nested_quant_map", QuantRole::nested_quant_map},
    Suffix{".weight.quant_map", QuantRole::quant_map},
    Suffix{".weight.quant_state.bitsandbytes__nf4", QuantRole::state},
    Suffix{".weight.quant_state.bitsandbytes__fp4", QuantRole::state},
    Suffix{".weight_format", QuantRole::state},
    Suffix{".biases", QuantRole::bias},
};

/// Null for most names.
const Suffix* suffix_of(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const Suffix& suffix : kSuffixes) {
    if (suffix.text.back() == name.back() && name.ends_with(suffix.text)) return &suffix;
  }
  return nullptr;
}

bool is_small_float(const DType& dtype) {
  return dtype.is_packed() && dtype.packed().codec == small_types::kCodec && dtype.bits() == 8;
}

bool is_e8m0(const DType& dtype) {
  return is_small_float(dtype) && dtype.name() == "F8_E8M0";
}

bool may_be_codes(const DType& dtype) {
  switch (dtype.code()) {
    case DTypeCode::u8:
    case DTypeCode::i8:
    case DTypeCode::u32:
    case DTypeCode::i32:
      return true;
    default:
      return is_small_float(dtype);
  }
}

}  // namespace

std::vector<QuantizedGroup> quantized_groups(std::span<const Tensor> tensors) {
  std::vector<QuantizedGroup> groups;
  // Most models have none, which their dtypes tell: their names are not even looked at.
  const bool any = std::any_of(tensors.begin(), tensors.end(),
                               [](const Tensor& tensor) { return may_be_codes(tensor.dtype); });
  if (!any) return groups;
  std::unordered_map<std::string_view, std::size_t> by_name;
  std::size_t last = 0;
  for (std::size_t i = 0; i < tensors.size() && i < QuantizedModule::kNone; ++i) {
    const Tensor& tensor = tensors[i];
    const std::string_view name = tensor.name;
    const Suffix* suffix = suffix_of(name);
    if (suffix == nullptr || (suffix->text == ".weight" && !may_be_codes(tensor.dtype))) continue;
    const std::string_view module = name.substr(0, name.size() - suffix->text.size());
    // Mostly the module of the tensor before or the next one: files sort names within a dtype.
    if (last + 1 < groups.size() && groups[last + 1].name == module) {
      ++last;
    } else if (last >= groups.size() || groups[last].name != module) {
      if (by_name.empty()) by_name.reserve(tensors.size() / 2);
      const auto [entry, is_new] = by_name.emplace(module, groups.size());
      if (is_new) {
        groups.push_back({.name = module, .hint = QuantLayout::one_each, .tensors = {}});
        groups.back().tensors.fill(QuantizedModule::kNone);
      }
      last = entry->second;
    }
    QuantizedGroup& group = groups[last];
    std::uint32_t& place = group.tensors[static_cast<std::size_t>(suffix->role)];
    // Two for one purpose: no layout that is known, and the second counts as a tensor of its own.
    if (place != QuantizedModule::kNone) {
      if (group.twice == QuantizedModule::kNone) group.twice = static_cast<std::uint32_t>(i);
      continue;
    }
    place = static_cast<std::uint32_t>(i);
    if (suffix->role == QuantRole::codes) group.hint = suffix->hint;
  }
  return groups;
}

std::vector<std::size_t> scaled_float_codes(std::span<const Tensor> tensors) {
  std::vector<std::size_t> found;
  for (const QuantizedGroup& group : quantized_groups(tensors)) {
    if (!group.has(QuantRole::codes) || !group.has(QuantRole::scale)) continue;
    const std::uint32_t index = group.tensor(QuantRole::codes);
    if (is_small_float(tensors[index].dtype)) found.push_back(index);
  }
  // Parameters that are called otherwise than weights have scales that are called after them.
  std::unordered_set<std::string_view> scaled;
  for (const Tensor& tensor : tensors) {
    const std::string_view name = tensor.name;
    for (const std::string_view ending : {"_scale_inv", "_scale"}) {
      if (name.ends_with(ending)) scaled.insert(name.substr(0, name.size() - ending.size()));
    }
  }
  for (std::size_t i = 0; i < tensors.size() && !scaled.empty(); ++i) {
    if (is_small_float(tensors[i].dtype) && scaled.contains(tensors[i].name)) found.push_back(i);
  }
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

namespace {

/// Judges one group.
class Judge {
 public:
  Judge(std::span<const Tensor> tensors, const Quantization& quantization, const QuantizedGroup& group)
      : tensors_(tensors), quantization_(quantization), group_(group) {}

  std::optional<QuantizedModule> module() const {
    const Tensor* codes = find(QuantRole::codes);
    if (codes == nullptr) return std::nullopt;
    const auto stored = element_count(codes->shape);
    if (!stored) return std::nullopt;
    const auto found = layout(*codes);
    if (!found) return std::nullopt;
    const auto elements = logical(*codes, *stored, *found);
    if (!elements) return std::nullopt;
    return QuantizedModule{group_.name, found->layout, found->bits, *elements, group_.tensors};
  }

 private:
  struct Found {
    QuantLayout layout;
    std::uint32_t bits;
  };

  const Tensor* find(QuantRole role) const {
    const std::uint32_t i = group_.tensors[static_cast<std::size_t>(role)];
    return i == QuantizedModule::kNone ? nullptr : &tensors_[i];
  }
  bool has(QuantRole role) const { return find(role) != nullptr; }

  std::optional<Found> layout(const Tensor& codes) const {
    const Tensor* scale = find(QuantRole::scale);
    const DTypeCode code = codes.dtype.code();
    switch (group_.hint) {
      case QuantLayout::gptq:
        return code == DTypeCode::i32 && scale != nullptr ? words_in_rows(codes, *scale) : std::nullopt;
      case QuantLayout::packed_int:
        if (code == DTypeCode::u8 && scale != nullptr) return Found{QuantLayout::packed_fp4, 4};
        if (code == DTypeCode::i32 && scale != nullptr)
          return Found{QuantLayout::packed_int, packed_int_bits(codes, *scale)};
        return std::nullopt;
      case QuantLayout::mxfp4_blocks:
        return code == DTypeCode::u8 && scale != nullptr && is_block_of(codes.shape, scale->shape)
                   ? std::optional(Found{QuantLayout::mxfp4_blocks, 4})
                   : std::nullopt;
      default:
        return layout_of_weight(codes, scale);
    }
  }

  std::optional<Found> layout_of_weight(const Tensor& codes, const Tensor* scale) const {
    const DTypeCode code = codes.dtype.code();
    if (code == DTypeCode::u8 && has(QuantRole::absmax)) return Found{QuantLayout::bnb_4bit, 4};
    if (scale == nullptr) return std::nullopt;
    if (code == DTypeCode::u8 && has(QuantRole::second_scale)) return Found{QuantLayout::modelopt_fp4, 4};
    if (code == DTypeCode::u32 && has(QuantRole::bias))
      return Found{QuantLayout::mlx, mlx_bits(codes, *scale)};
    if (code == DTypeCode::i8 && is_e8m0(scale->dtype) && codes.shape.size() == 2 &&
        scale->shape.size() == 2 && codes.shape[1] / kMxBytes == scale->shape[1]) {
      return Found{QuantLayout::scaled_fp4, 4};
    }
    if (code == DTypeCode::i8 || is_small_float(codes.dtype)) return Found{QuantLayout::one_each, 8};
    return std::nullopt;
  }

  /// GPTQ packs inputs into words, AWQ outputs; the scales have a column for each output.
  std::optional<Found> words_in_rows(const Tensor& codes, const Tensor& scale) const {
    if (codes.shape.size() != 2 || scale.shape.size() != 2 || codes.shape[1] == 0) return std::nullopt;
    const std::uint64_t outputs = scale.shape[1];
    if (codes.shape[1] == outputs) {
      const auto bits = gptq_bits(codes, outputs);
      return bits ? std::optional(Found{QuantLayout::gptq, *bits}) : std::nullopt;
    }
    const auto bits = bits_of(codes.shape[1], outputs);
    return bits ? std::optional(Found{QuantLayout::awq, *bits}) : std::nullopt;
  }

  std::optional<std::uint32_t> gptq_bits(const Tensor& codes, std::uint64_t outputs) const {
    if (const Tensor* index = find(QuantRole::group_index); index != nullptr && index->shape.size() == 1) {
      if (const auto bits = bits_of(codes.shape[0], index->shape[0])) return bits;
    }
    if (const Tensor* zeros = find(QuantRole::zero); zeros != nullptr && zeros->shape.size() == 2) {
      if (const auto bits = bits_of(zeros->shape[1], outputs)) return bits;
    }
    return bits_said();
  }

  /// The configuration's, where words of 32 bits can be packed with it.
  std::optional<std::uint32_t> bits_said() const {
    return quantization_.bits && *quantization_.bits >= 1 && *quantization_.bits <= 8 ? quantization_.bits
                                                                                      : std::nullopt;
  }

  /// The bits of `codes` numbers that `words` of 32 bits hold.
  static std::optional<std::uint32_t> bits_of(std::uint64_t words, std::uint64_t codes) {
    const auto all = checked_mul(words, 32);
    if (!all || codes == 0) return std::nullopt;
    const std::uint64_t bits = *all / codes;
    return bits >= 1 && bits <= 8 ? std::optional(static_cast<std::uint32_t>(bits)) : std::nullopt;
  }

  /// Four where nothing says another number, as most have.
  std::uint32_t packed_int_bits(const Tensor& codes, const Tensor& scale) const {
    if (const auto said = bits_said()) return *said;
    if (const Tensor* zeros = find(QuantRole::zero);
        zeros != nullptr && zeros->shape.size() == 2 && codes.shape.size() == 2) {
      if (const auto bits = bits_of(zeros->shape[0], codes.shape[0])) return *bits;
    }
    return bits_by_group(codes, scale).value_or(kUsualBits);
  }

  std::uint32_t mlx_bits(const Tensor& codes, const Tensor& scale) const {
    // Some of its modules may have other bits than the rest, which the group tells.
    if (const auto bits = bits_by_group(codes, scale)) return *bits;
    return bits_said().value_or(kUsualBits);
  }

  std::optional<std::uint32_t> bits_by_group(const Tensor& codes, const Tensor& scale) const {
    if (!quantization_.group_size || codes.shape.empty() || scale.shape.empty()) return std::nullopt;
    const auto inputs = checked_mul(scale.shape.back(), *quantization_.group_size);
    return inputs ? bits_of(codes.shape.back(), *inputs) : std::nullopt;
  }

  /// Blocks have one dimension more than their scales: the bytes of a block.
  static bool is_block_of(std::span<const std::uint64_t> blocks, std::span<const std::uint64_t> scales) {
    return blocks.size() == scales.size() + 1 && blocks.back() == kMxBytes &&
           std::equal(scales.begin(), scales.end(), blocks.begin());
  }

  std::optional<std::uint64_t> logical(const Tensor& codes, std::uint64_t stored, const Found& found) const {
    switch (found.layout) {
      case QuantLayout::gptq:
      case QuantLayout::awq:
      case QuantLayout::packed_int:
      case QuantLayout::mlx: {
        if (found.layout == QuantLayout::gptq) {
          // Exact where a number lies across two words.
          const Tensor* index = find(QuantRole::group_index);
          if (index != nullptr && index->shape.size() == 1 &&
              bits_of(codes.shape[0], index->shape[0]) == found.bits)
            return checked_mul(index->shape[0], codes.shape[1]);
        }
        const auto bits = checked_mul(stored, 32);
        return bits ? std::optional(*bits / found.bits) : std::nullopt;
      }
      case QuantLayout::one_each:
        return stored;
      default:
        return checked_mul(stored, 2);
    }
  }

  static constexpr std::uint64_t kMxBytes = 16;  // of 32 codes, which share a scale
  static constexpr std::uint32_t kUsualBits = 4;

  std::span<const Tensor> tensors_;
  const Quantization& quantization_;
  const QuantizedGroup& group_;
};

}  // namespace

std::vector<QuantizedModule> quantized_modules(std::span<const Tensor> tensors,
                                               const Quantization& quantization) {
  std::vector<QuantizedModule> modules;
  for (const QuantizedGroup& group : quantized_groups(tensors)) {
    if (auto module = Judge(tensors, quantization, group).module()) modules.push_back(*module);
  }
  return modules;
}

bool needs_configuration(std::span<const Tensor> tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const Tensor& tensor) {
    const DTypeCode code = tensor.dtype.code();
    if (code != DTypeCode::i32 && code != DTypeCode::u32) return false;
    const Suffix* suffix = suffix_of(tensor.name);
    return suffix != nullptr && suffix->role == QuantRole::codes;
  });
}

std::uint64_t count_parameters(std::span<const Tensor> tensors, const Quantization& quantization,
                               std::uint64_t elements) {
  // Modulo 2^64, in which every difference comes out right that is right at all.
  std::uint64_t count = elements;
  for (const QuantizedModule& module : quantized_modules(tensors, quantization)) {
    count += module.elements;
    for (const std::uint32_t i : module.tensors) {
      if (i != QuantizedModule::kNone) count -= element_count(tensors[i].shape).value_or(0);
    }
  }
  return count;
}

}  // namespace aerotool
