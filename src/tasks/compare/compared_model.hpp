// A model as it is compared: its tensors, and where quantized weights are decoded, each of these in the place
// of the tensors that hold it between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "transfer/transforms/quantized_weights.hpp"

namespace aerotool::tasks {

class ComparedModel {
 public:
  /// `decode`: quantized weights are, with a cache that the other model has too. `model` outlives this.
  /// Throws what quantized_weights() throws.
  ComparedModel(const Model& model, bool decode, std::shared_ptr<quantized::PartCache> cache);

  const Model& model() const { return *model_; }
  /// What is compared, by numbers: those of the model's tensors, and behind all of these the weights'.
  const std::vector<std::uint32_t>& numbers() const { return numbers_; }
  bool is_decoded(std::size_t number) const { return number >= model_->tensors().size(); }
  /// Of one that is decoded: its dtype is called as its layout ("FP8 block"), and its size is that of the
  /// tensors which hold it.
  const Tensor& tensor(std::size_t number) const {
    return is_decoded(number) ? described_->tensors[place_of(number)] : model_->tensors()[number];
  }
  /// One that is decoded.
  const QuantizedWeight& weight(std::size_t number) const { return weights_[place_of(number)]; }

  /// Keeps what tensor() returned of decoded ones.
  std::shared_ptr<const void> kept() const { return described_; }

 private:
  struct Described {
    std::deque<PackedType> types;  // which stay where they are
    std::vector<Tensor> tensors;
  };
  std::size_t place_of(std::size_t number) const { return number - model_->tensors().size(); }

  const Model* model_;
  std::vector<QuantizedWeight> weights_;
  std::shared_ptr<Described> described_;  // beside the weights
  std::vector<std::uint32_t> numbers_;
};

}  // namespace aerotool::tasks
