#include "tasks/compare/compared_model.hpp"

#include <algorithm>
#include <utility>

#include "tasks/convert/quantization_beside.hpp"

namespace aerotool::tasks {
namespace {

/// A type of whose elements nothing is known but what it is called.
const PackedType& type_called(const std::string& layout, std::deque<PackedType>& types) {
  const auto known = std::ranges::find(types, layout, &PackedType::name);
  if (known != types.end()) return *known;
  PackedType& type = types.emplace_back();
  type.name = layout;
  return type;
}

}  // namespace

ComparedModel::ComparedModel(const Model& model, bool decode, std::shared_ptr<quantized::PartCache> cache)
    : model_(&model), described_(std::make_shared<Described>()) {
  if (decode) weights_ = quantized_weights(model, quantization_beside(model), std::move(cache));
  const std::vector<Tensor>& tensors = model.tensors();
  std::vector<bool> consumed(tensors.size());
  described_->tensors.reserve(weights_.size());
  for (const QuantizedWeight& weight : weights_) {
    Tensor& described = described_->tensors.emplace_back();
    described.name = weight.name;
    described.shape = weight.shape;
    described.dtype = DType(type_called(weight.layout, described_->types));
    for (const std::size_t part : weight.consumed) {
      consumed[part] = true;
      described.size += tensors[part].size;
    }
  }
  numbers_.reserve(tensors.size() + weights_.size());
  for (std::size_t i = 0; i < tensors.size() + weights_.size(); ++i) {
    if (i >= tensors.size() || !consumed[i]) numbers_.push_back(static_cast<std::uint32_t>(i));
  }
}

}  // namespace aerotool::tasks
