// What the renderer of heads refuses; what it makes is held against files in the other tests.
#include <doctest/doctest.h>

#include <limits>

#include "core/error.hpp"
#include "formats/gguf/render.hpp"

namespace aerotool {
namespace {

std::uint64_t render(const Metadata& metadata, const std::vector<Tensor>& tensors) {
  return gguf::render_head({.metadata = metadata,
                            .tensor_count = tensors.size(),
                            .tensor = [&](std::uint64_t i) -> const Tensor& { return tensors.at(i); }},
                           [](ByteSpan) {});
}

Metadata with(Value value) {
  return {{{"k", std::move(value)}}};
}

TEST_CASE("gguf: render_head returns where the data section begins") {
  CHECK(render({}, {}) == 32);
  CHECK(render(with(Value::f32(1)), {}) == 64);
}

TEST_CASE("gguf: render_head refuses what GGUF has no number for") {
  CHECK_THROWS_AS(render(with(Value()), {}), UnsupportedError);
  CHECK_THROWS_AS(render(with(Value::map({})), {}), UnsupportedError);
  CHECK_THROWS_AS(render(with(Value::binary(Bytes{})), {}), UnsupportedError);
  CHECK_THROWS_AS(render(with(Value::list({Value::u64(1), Value::f64(1)})), {}), UnsupportedError);
  Tensor tensor;
  tensor.dtype = DTypeCode::u8;
  CHECK_THROWS_AS(render({}, {tensor}), UnsupportedError);
}

TEST_CASE("gguf: render_head refuses offsets that pass 2^64") {
  Tensor tensor;
  tensor.dtype = DTypeCode::i8;
  tensor.size = std::numeric_limits<std::uint64_t>::max() - 100;
  CHECK_THROWS_AS(render({}, {tensor, tensor}), UnsupportedError);
}

}  // namespace
}  // namespace aerotool
