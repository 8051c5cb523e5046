// Quantized weights: a line with a config.json, a line for each tensor ("NAME DTYPE 3,4"), an empty line, and
// bytes that all tensors have, again and again. Whatever is made of them can be read anywhere, and says the
// same each time; what config.json says of quantization can be dropped.
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "described_model.hpp"
#include "model/quantization_config.hpp"
#include "model/quantized_modules.hpp"
#include "model/without_quantization.hpp"
#include "transfer/transforms/quantized_weights.hpp"

namespace {

using namespace aerotool;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

void require_readable(const ValueSource& values, std::uint64_t first, std::size_t count) {
  std::vector<double> all(count);
  values.read(first, std::span(all));
  const std::size_t middle = count / 3;
  std::vector<double> part(std::min<std::size_t>(count - middle, 37));
  values.read(first + middle, std::span(part));
  for (std::size_t i = 0; i < part.size(); ++i) require(is_same(part[i], all[middle + i]));
  if (!values.fits_f32()) return;
  std::vector<float> floats(count);
  values.read(first, std::span(floats));
  for (std::size_t i = 0; i < count; ++i) require(is_same(static_cast<double>(floats[i]), all[i]));
}

void require_sound(const QuantizedWeight& weight) {
  const ValueSource& values = *weight.values;
  require(values.count() == element_count(weight.shape));
  require(!weight.consumed.empty() && !values.inputs().empty());
  const std::size_t count = std::min<std::uint64_t>(values.count(), 20'000);
  try {
    require_readable(values, 0, count);
    require_readable(values, values.count() - count, count);
    require_readable(values, values.count() / 2,
                     std::min<std::uint64_t>(count, values.count() - values.count() / 2));
  } catch (const ContentError&) {  // an index that names no group
  }
}

void drop_quantization(std::string_view config) {
  try {
    const std::string text = without_quantization(config);
    require(!quantization_config(text, {}).says_anything());
    require(without_quantization(text) == text);
  } catch (const CorruptError&) {  // most texts are not JSON
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = chars_of(std::as_bytes(std::span(data, size)));
  const std::string_view config = fuzz::line_of(text);
  drop_quantization(config);
  fuzz::DescribedModel model(text);
  model.has_bytes(text);
  static_cast<void>(scaled_float_codes(model.tensors()));
  try {
    for (const QuantizedWeight& weight : quantized_weights(model, quantization_config(config, {})))
      require_sound(weight);
  } catch (const ContentError&) {  // most are refused
  }
  return 0;
}
