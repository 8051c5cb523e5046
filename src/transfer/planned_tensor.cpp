#include "transfer/planned_tensor.hpp"

#include <utility>

#include "core/error.hpp"
#include "model/ggml_dtype.hpp"

namespace aerotool {
namespace {

/// Throws CorruptError where bytes are described as something of another size.
void require_size(const PlannedTensor& planned) {
  const Tensor& tensor = planned.tensor();
  if (is_unmeasured(tensor.dtype)) return;
  const std::string problem = size_problem(tensor, tensor.dtype);
  if (!problem.empty()) throw CorruptError({planned.path(), {}, tensor.name}, problem);
}

}  // namespace

const std::optional<Digest>& PlannedTensor::stored_digest() const {
  static const std::optional<Digest> none;
  return is_stored() ? model->tensors()[index].digest : none;
}

std::vector<StoredTensor> PlannedTensor::inputs() const {
  if (is_stored()) return {{model, index}};
  return made->bytes->inputs();
}

void PlannedTensor::read(std::uint64_t offset, std::span<std::byte> out) const {
  if (is_stored()) {
    model->read(index, offset, out);
  } else {
    made->bytes->read(offset, out);
  }
}

const std::string& PlannedTensor::path() const {
  return model != nullptr ? model->path_of(index) : made->bytes->path();
}

const std::string& PlannedTensor::model_path() const {
  return model != nullptr ? model->path() : made->bytes->path();
}

PlannedTensor described_as(StoredTensor stored, Tensor description) {
  description.size = stored.tensor().size;
  auto made = std::make_shared<PlannedTensor::Made>();
  made->tensor = std::move(description);
  PlannedTensor planned = {stored.model, stored.index, std::move(made)};
  require_size(planned);
  return planned;
}

PlannedTensor computed(Tensor description, std::shared_ptr<const ByteSource> bytes, StoredTensor place) {
  description.size = bytes->size();
  auto made = std::make_shared<PlannedTensor::Made>();
  made->tensor = std::move(description);
  made->bytes = std::move(bytes);
  PlannedTensor planned = {place.model, place.index, std::move(made)};
  require_size(planned);
  return planned;
}

bool is_as_stored(const PlannedTensor& planned) {
  if (planned.is_unchanged()) return true;
  if (!planned.is_stored()) return false;
  const Tensor& before = planned.model->tensors()[planned.index];
  const Tensor& now = planned.tensor();
  return before.dtype == now.dtype && before.shape == now.shape;
}

PlannedTensor renamed(const PlannedTensor& planned, std::string name) {
  auto made = std::make_shared<PlannedTensor::Made>();
  made->tensor = planned.tensor();
  made->tensor.name = std::move(name);
  if (planned.made) made->bytes = planned.made->bytes;
  return {planned.model, planned.index, std::move(made)};
}

}  // namespace aerotool
