#include "transfer/transforms/values.hpp"

#include "transfer/transforms/ggml_values.hpp"
#include "transfer/transforms/stored_values.hpp"

namespace aerotool {

std::shared_ptr<const ValueSource> values_of(const StoredTensor& tensor) {
  if (auto values = stored_values(tensor)) return values;
  return ggml_values(tensor);
}

}  // namespace aerotool
