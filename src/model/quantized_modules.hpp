// Which tensors of a model form one quantized weight between them: packed codes with their scales, zero
// points and shapes beside them, told by their names, dtypes and shapes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/quantization.hpp"
#include "model/tensor.hpp"

namespace aerotool {

/// How the codes are stored (M is the module's name).
enum class QuantLayout {
  gptq,          ///< M.qweight I32 [inputs * bits / 32, outputs]
  awq,           ///< M.qweight I32 [inputs, outputs * bits / 32]
  packed_int,    ///< M.weight_packed I32 [outputs, inputs * bits / 32] (compressed-tensors)
  packed_fp4,    ///< M.weight_packed U8 [outputs, inputs / 2] (compressed-tensors: NVFP4, MXFP4)
  modelopt_fp4,  ///< M.weight U8 [outputs, inputs / 2], M.weight_scale_2
  scaled_fp4,    ///< M.weight I8 [outputs, inputs / 2], M.scale F8_E8M0
  mxfp4_blocks,  ///< M_blocks U8 [..., inputs / 32, 16], M_scales U8
  bnb_4bit,      ///< M.weight U8 [elements / 2, 1], M.weight.quant_state...
  mlx,           ///< M.weight U32 [outputs, inputs * bits / 32], M.scales, M.biases
  one_each       ///< M.weight F8 or I8, a code an element, with a scale
};

/// What a tensor of a module is for.
enum class QuantRole : std::uint8_t {
  codes,
  scale,
  second_scale,  ///< of a whole tensor, beside those of its groups
  zero,
  group_index,
  shape,
  input_scale,
  absmax,
  quant_map,
  nested_absmax,
  nested_quant_map,
  state,  ///< the rest of what its library keeps
  bias    ///< of groups, not of the layer
};
inline constexpr std::size_t kQuantRoles = static_cast<std::size_t>(QuantRole::bias) + 1;

struct QuantizedModule {
  static constexpr std::uint32_t kNone = 0xffffffff;

  std::string_view name;  ///< part of the name of one of its tensors
  QuantLayout layout = QuantLayout::one_each;
  std::uint32_t bits = 0;      ///< of a code
  std::uint64_t elements = 0;  ///< weights that it holds; what pads the last packed word may count
  std::array<std::uint32_t, kQuantRoles> tensors{};  ///< by role, indexes or kNone

  std::uint32_t tensor(QuantRole role) const { return tensors[static_cast<std::size_t>(role)]; }
};

/// Tensors whose names make them parts of one module, whatever they hold.
struct QuantizedGroup {
  std::string_view name;
  QuantLayout hint = QuantLayout::one_each;  ///< what the name of the codes says, if anything
  std::array<std::uint32_t, kQuantRoles> tensors{};
  std::uint32_t twice = QuantizedModule::kNone;  ///< the first one whose purpose another one has already

  std::uint32_t tensor(QuantRole role) const { return tensors[static_cast<std::size_t>(role)]; }
  bool has(QuantRole role) const { return tensor(role) != QuantizedModule::kNone; }
};

/// All of them among `tensors`, whose names outlive the result, in no order that means anything; many are no
/// quantized weights. None where no tensor can hold codes.
std::vector<QuantizedGroup> quantized_groups(std::span<const Tensor> tensors);

/// The tensors of 8-bit floats that a scale beside them belongs to, by their numbers, in order: their
/// elements are not yet the weights.
std::vector<std::size_t> scaled_float_codes(std::span<const Tensor> tensors);

/// The modules among `tensors`, whose names outlive the result, in no order that means anything.
std::vector<QuantizedModule> quantized_modules(std::span<const Tensor> tensors,
                                               const Quantization& quantization);

/// Whether there are codes in words, which may be of any number of bits: names, dtypes and shapes do not say
/// all of every layout.
bool needs_configuration(std::span<const Tensor> tensors);

/// How many weights the tensors hold, which have `elements` elements together: what is packed counts as what
/// it holds, and what belongs to its quantization (scales, zero points, shapes) does not count.
std::uint64_t count_parameters(std::span<const Tensor> tensors, const Quantization& quantization,
                               std::uint64_t elements);

}  // namespace aerotool
