#include "tasks/compare/comparable_numbers.hpp"

#include "model/quantized_modules.hpp"

namespace aerotool::tasks {
namespace {

std::vector<bool> codes_of(const Model& model) {
  const std::vector<Tensor>& tensors = model.tensors();
  std::vector<bool> codes;
  const auto mark = [&](std::size_t tensor) {
    if (codes.empty()) codes.resize(tensors.size());
    codes[tensor] = true;
  };
  for (const std::size_t tensor : scaled_float_codes(tensors)) mark(tensor);
  for (const QuantizedModule& module : quantized_modules(tensors, model.overview().quantization)) {
    const std::uint32_t tensor = module.tensor(QuantRole::codes);
    if (tensor != QuantizedModule::kNone) mark(tensor);
  }
  return codes;
}

}  // namespace

ComparableNumbers::ComparableNumbers(const Model& a, const Model& b, bool dequantize)
    : a_(a), b_(b), dequantize_(dequantize) {
  if (!dequantize) return;
  codes_a_ = codes_of(a);
  codes_b_ = codes_of(b);
}

std::optional<BothBlocks> ComparableNumbers::of(std::size_t a, std::size_t b) const {
  const Tensor& tensor_a = a_.tensors()[a];
  const Tensor& tensor_b = b_.tensors()[b];
  if (tensor_a.shape != tensor_b.shape) return std::nullopt;
  if ((!codes_a_.empty() && codes_a_[a]) || (!codes_b_.empty() && codes_b_[b])) return std::nullopt;
  const auto blocks_a = number_blocks(tensor_a, dequantize_);
  const auto blocks_b = number_blocks(tensor_b, dequantize_);
  if (!blocks_a || !blocks_b) return std::nullopt;
  return BothBlocks{*blocks_a, *blocks_b};
}

}  // namespace aerotool::tasks
