// Quantized weights of all layouts that there are vectors of, made as the libraries store them.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>

#include "files.hpp"
#include "io/input.hpp"
#include "quantized_fixture.hpp"
#include "transfer/format.hpp"
#include "transfer/transforms/stored_values.hpp"

namespace aerotool {
const Format& safetensors_format();
}

using namespace aerotool;
using namespace aerotool::test;

namespace {

std::unique_ptr<Model> opened(const std::string& path) {
  Report report(Report::Mode::use);
  return safetensors_format().open(io::Input::open(data_path(path)), report);
}

std::vector<double> expected_of(const Model& model, const std::string& name) {
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    if (model.tensors()[i].name == name) return values_of(*stored_values({&model, i}));
  }
  FAIL("no tensor " << name);
  return {};
}

/// The numbers of every weight, rounded to F32, are those of the vector.
void check_vector(const std::string& name, const std::string& layout, std::size_t count) {
  CAPTURE(name);
  const std::string folder = "dequant/safetensors/" + name + "/";
  const auto model = opened(folder + "model.safetensors");
  const auto expected = opened(folder + "expected.safetensors");
  const auto weights = quantized_in(*model, data_bytes(folder + "config.json"));
  REQUIRE(weights.size() == count);
  for (const QuantizedWeight& weight : weights) {
    CAPTURE(weight.name);
    CHECK(weight.layout == layout);
    CHECK(weight.values->count() == element_count(weight.shape));
    CHECK(weight.values->inputs().size() >= 2);
    CHECK(agrees_in_pieces(*weight.values));
    const std::vector<double> values = values_of(*weight.values);
    const std::vector<double> wanted = expected_of(*expected, weight.name);
    REQUIRE(values.size() == wanted.size());
    std::size_t differing = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool both_nan = values[i] != values[i] && wanted[i] != wanted[i];
      if (static_cast<float>(values[i]) != static_cast<float>(wanted[i]) && !both_nan) ++differing;
    }
    CHECK(differing == 0);
  }
  // All but the norm belongs to the weights.
  std::size_t consumed = 0;
  for (const QuantizedWeight& weight : weights) consumed += weight.consumed.size();
  CHECK(consumed + 1 == model->tensors().size());
}

}  // namespace

TEST_CASE("quantized vectors: FP8 in blocks") {
  check_vector("fp8-block", "FP8 block", 2);
}

TEST_CASE("quantized vectors: NVFP4, times and over the scale of the whole") {
  check_vector("nvfp4-compressed-tensors", "NVFP4", 1);
  check_vector("nvfp4-modelopt", "NVFP4", 1);
}

TEST_CASE("quantized vectors: AWQ and GPTQ") {
  check_vector("awq-gemm", "AWQ", 1);
  check_vector("gptq", "GPTQ", 1);
}

TEST_CASE("quantized vectors: packed integers") {
  check_vector("int4-pack-quantized", "INT4", 1);
}
