#include "tasks/merge/merge_input.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "tasks/convert/quantization_beside.hpp"
#include "transfer/transforms/quantized_weights.hpp"
#include "transfer/transforms/values.hpp"

namespace aerotool::tasks {
namespace {

/// A head, and the embedding that stands in where it is not stored.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kTied = {
    {{"lm_head.weight", "model.embed_tokens.weight"},
     {"lm_head.weight", "transformer.wte.weight"},
     {"lm_head.weight", "wte.weight"},
     {"output.weight", "token_embd.weight"}}};

}  // namespace

MergeInput::MergeInput(const Model& model, Quantized quantized,
                       const std::shared_ptr<quantized::PartCache>& cache)
    : model_(&model), objects_(model.objects(), model.tensors().size()) {
  const std::size_t count = model.tensors().size();
  std::vector<bool> consumed(count);
  if (quantized == Quantized::decoded) {
    for (QuantizedWeight& weight : quantized_weights(model, quantization_beside(model), cache)) {
      Decoded decoded;
      decoded.tensor.name = std::move(weight.name);
      decoded.tensor.shape = std::move(weight.shape);
      decoded.tensor.dtype = DTypeCode::bf16;
      decoded.codes = weight.consumed.front();
      decoded.values = std::move(weight.values);
      for (const std::size_t i : weight.consumed) consumed[i] = true;
      decoded_.push_back(std::move(decoded));
    }
  }
  for (std::size_t i = 0; i < count + decoded_.size(); ++i) {
    if (i >= count || !consumed[i]) by_name_.push_back(static_cast<std::uint32_t>(i));
  }
  std::ranges::sort(by_name_, {}, [&](std::uint32_t i) -> const std::string& { return tensor(i).name; });
}

const Tensor& MergeInput::tensor(std::size_t number) const {
  return is_decoded(number) ? decoded_[number - model_->tensors().size()].tensor : model_->tensors()[number];
}

StoredTensor MergeInput::stored(std::size_t number) const {
  return {model_, is_decoded(number) ? decoded_[number - model_->tensors().size()].codes : number};
}

std::optional<std::size_t> MergeInput::find(const std::string& name) const {
  const auto found = std::ranges::lower_bound(
      by_name_, name, {}, [&](std::uint32_t i) -> const std::string& { return tensor(i).name; });
  if (found == by_name_.end() || tensor(*found).name != name) return std::nullopt;
  return *found;
}

std::optional<std::size_t> MergeInput::find_tied(const std::string& name) const {
  for (const auto& [head, embedding] : kTied) {
    if (name != head) continue;
    if (const auto found = find(std::string(embedding))) return found;
  }
  return std::nullopt;
}

bool MergeInput::is_part(std::size_t number) const {
  if (is_decoded(number)) return false;
  const Object* const object = objects_.of(number);
  return object != nullptr && object->parts.size() > 1;
}

merging::Values MergeInput::values(std::size_t number) const {
  if (is_part(number)) return nullptr;
  if (is_decoded(number)) return decoded_[number - model_->tensors().size()].values;
  return values_of(stored(number));
}

bool has_vocabulary(const std::string& name) {
  return std::ranges::any_of(kTied,
                             [&](const auto& tied) { return name == tied.first || name == tied.second; });
}

}  // namespace aerotool::tasks
