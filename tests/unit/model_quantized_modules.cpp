// Which tensors form a quantized weight, and how many weights it holds.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "model/quantized_modules.hpp"

using namespace aerotool;

namespace {

Tensor tensor(std::string name, std::string_view dtype, std::initializer_list<std::uint64_t> shape) {
  Tensor made;
  made.name = std::move(name);
  made.dtype = *dtype_named(dtype);
  made.shape.assign(shape.begin(), shape.end());
  return made;
}

std::uint64_t parameters(const std::vector<Tensor>& tensors, const Quantization& said = {}) {
  std::uint64_t elements = 0;
  for (const Tensor& one : tensors) elements += element_count(one.shape).value();
  return count_parameters(tensors, said, elements);
}

struct Expected {
  QuantLayout layout;
  std::uint32_t bits;
  std::uint64_t elements;
};

void check(const std::vector<Tensor>& tensors, const Expected& expected, const Quantization& said = {}) {
  const auto modules = quantized_modules(tensors, said);
  REQUIRE(modules.size() == 1);
  CHECK(modules[0].layout == expected.layout);
  CHECK(modules[0].bits == expected.bits);
  CHECK(modules[0].elements == expected.elements);
  CHECK(parameters(tensors, said) == expected.elements);
}

const Quantization kNothing;

}  // namespace

TEST_CASE("quantized modules: GPTQ") {
  const Tensor codes = tensor("m.qweight", "I32", {64, 512});
  const Tensor scales = tensor("m.scales", "F16", {4, 512});
  const Tensor zeros = tensor("m.qzeros", "I32", {4, 64});
  const Tensor index = tensor("m.g_idx", "I32", {512});
  check({codes, zeros, scales, index}, {QuantLayout::gptq, 4, 262144});
  check({codes, zeros, scales}, {QuantLayout::gptq, 4, 262144});
  check({scales, codes}, {QuantLayout::gptq, 8, 131072}, {.method = "gptq", .bits = 8, .group_size = {}});
  // What the tensors say goes before what is said of them.
  check({codes, zeros, scales}, {QuantLayout::gptq, 4, 262144},
        {.method = "gptq", .bits = 8, .group_size = {}});
  // Three bits: a number may lie across two words.
  check({tensor("m.qweight", "I32", {48, 8}), tensor("m.scales", "F16", {4, 8}),
         tensor("m.g_idx", "I32", {512})},
        {QuantLayout::gptq, 3, 4096});
  CHECK(quantized_modules(std::vector{codes, scales}, kNothing).empty());  // of how many bits?
  CHECK(quantized_modules(std::vector{codes}, kNothing).empty());
}

TEST_CASE("quantized modules: AWQ") {
  check({tensor("m.qweight", "I32", {512, 64}), tensor("m.qzeros", "I32", {4, 64}),
         tensor("m.scales", "F16", {4, 512})},
        {QuantLayout::awq, 4, 262144});
}

TEST_CASE("quantized modules: compressed-tensors") {
  const Tensor codes = tensor("m.weight_packed", "I32", {128, 16});
  const Tensor scale = tensor("m.weight_scale", "BF16", {128, 1});
  const Tensor shape = tensor("m.weight_shape", "I64", {2});
  check({codes, scale, shape}, {QuantLayout::packed_int, 4, 16384});
  check({codes, scale, shape}, {QuantLayout::packed_int, 8, 8192},
        {.method = "compressed-tensors", .bits = 8, .group_size = {}});
  check({codes, scale, shape}, {QuantLayout::packed_int, 8, 8192},
        {.method = {}, .bits = {}, .group_size = 64});
  check({codes, scale, shape, tensor("m.weight_zero_point", "I32", {32, 1})},
        {QuantLayout::packed_int, 8, 8192});
  check({tensor("m.weight_packed", "U8", {128, 64}), tensor("m.weight_scale", "F8_E4M3", {128, 8}),
         tensor("m.weight_global_scale", "F32", {1}), tensor("m.input_global_scale", "F32", {1})},
        {QuantLayout::packed_fp4, 4, 16384});
}

TEST_CASE("quantized modules: four bits in bytes") {
  check({tensor("m_blocks", "U8", {64, 8, 16}), tensor("m_scales", "U8", {64, 8})},
        {QuantLayout::mxfp4_blocks, 4, 16384});
  CHECK(quantized_modules(
            std::vector{tensor("m_blocks", "U8", {64, 8, 16}), tensor("m_scales", "U8", {64, 4})}, kNothing)
            .empty());
  CHECK(parameters({tensor("m_blocks", "F32", {2}), tensor("m_scales", "F32", {3})}) == 5);
  check({tensor("m.weight", "U8", {64, 32}), tensor("m.weight_scale", "F8_E4M3", {64, 4}),
         tensor("m.weight_scale_2", "F32", {}), tensor("m.input_scale", "F32", {})},
        {QuantLayout::modelopt_fp4, 4, 4096});
  check({tensor("m.weight", "I8", {64, 32}), tensor("m.scale", "F8_E8M0", {64, 2})},
        {QuantLayout::scaled_fp4, 4, 4096});
  check({tensor("m.weight", "U8", {2048, 1}), tensor("m.weight.absmax", "U8", {64}),
         tensor("m.weight.quant_map", "F32", {16}), tensor("m.weight.nested_absmax", "F32", {1}),
         tensor("m.weight.nested_quant_map", "F32", {256}),
         tensor("m.weight.quant_state.bitsandbytes__nf4", "U8", {91})},
        {QuantLayout::bnb_4bit, 4, 4096});
}

TEST_CASE("quantized modules: MLX") {
  const std::vector<Tensor> tensors = {tensor("m.weight", "U32", {64, 8}), tensor("m.scales", "F16", {64, 1}),
                                       tensor("m.biases", "F16", {64, 1})};
  check(tensors, {QuantLayout::mlx, 4, 4096});
  check(tensors, {QuantLayout::mlx, 8, 2048}, {.method = {}, .bits = 4, .group_size = 32});
}

TEST_CASE("quantized modules: a code an element") {
  check({tensor("m.weight", "F8_E4M3", {256, 256}), tensor("m.weight_scale_inv", "F32", {2, 2})},
        {QuantLayout::one_each, 8, 65536});
  check({tensor("m.weight", "I8", {64, 32}), tensor("m.SCB", "F32", {64})}, {QuantLayout::one_each, 8, 2048});
}

TEST_CASE("quantized modules: what is not packed counts as it is") {
  const std::vector<Tensor> tensors = {
      tensor("a.weight", "BF16", {8, 8}), tensor("a.bias", "BF16", {8}), tensor("b.scales", "F32", {3}),
      tensor("c.weight", "U8", {5}),      tensor("", "F32", {2}),        tensor("d.scale", "F32", {1})};
  CHECK(quantized_modules(tensors, kNothing).empty());
  CHECK(parameters(tensors) == 64 + 8 + 3 + 5 + 2 + 1);
  CHECK_FALSE(needs_configuration(tensors));
  CHECK(needs_configuration(std::vector{tensor("m.weight_packed", "I32", {1, 1})}));
}

TEST_CASE("quantized modules: the rest of a layer is no part of it") {
  const std::vector<Tensor> tensors = {
      tensor("m.bias", "F16", {512}), tensor("m.g_idx", "I32", {512}), tensor("m.qweight", "I32", {64, 512}),
      tensor("m.scales", "F16", {4, 512}), tensor("norm.weight", "F16", {512})};
  const auto modules = quantized_modules(tensors, kNothing);
  REQUIRE(modules.size() == 1);
  CHECK(modules[0].name == "m");
  CHECK(modules[0].tensor(QuantRole::codes) == 2);
  CHECK(modules[0].tensor(QuantRole::scale) == 3);
  CHECK(modules[0].tensor(QuantRole::group_index) == 1);
  CHECK(modules[0].tensor(QuantRole::zero) == QuantizedModule::kNone);
  CHECK(parameters(tensors) == 262144 + 1024);
}

TEST_CASE("quantized modules: sizes that no arithmetic holds") {
  const std::uint64_t most = 0xffffffffffffffff;
  CHECK(quantized_modules(
            std::vector{tensor("m_blocks", "U8", {most, most, 16}), tensor("m_scales", "U8", {most, most})},
            kNothing)
            .empty());
  CHECK(quantized_modules(std::vector{tensor("m.qweight", "I32", {most, 1}),
                                      tensor("m.scales", "F16", {1, 1}), tensor("m.g_idx", "I32", {0})},
                          kNothing)
            .empty());
}
