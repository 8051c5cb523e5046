#include "codecs/ggml/types.hpp"
#include "model/dtype.hpp"
#include "model/ggml_dtype.hpp"
#include "model/opaque_dtype.hpp"
#include "model/safetensors_order.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace aerotool;

namespace {

ByteSize size_of(const DType& dtype, std::vector<std::uint64_t> shape) {
  return dtype.size_of(shape);
}

}  // namespace

TEST_CASE("dtype: sizes of plain types, scalars and empty shapes") {
  CHECK(size_of(DTypeCode::f32, {2, 3}).bytes == 24);
  CHECK(size_of(DTypeCode::bf16, {}).bytes == 2);
  CHECK(size_of(DTypeCode::i64, {4, 0, 7}).bytes == 0);
  CHECK(size_of(DTypeCode::boolean, {5}).bytes == 5);
}

TEST_CASE("dtype: shapes whose elements or bytes pass 2^64 are problems") {
  const std::uint64_t half = std::uint64_t{1} << 63;
  CHECK(size_of(DTypeCode::u8, {half, 2}).problem != "");
  CHECK(size_of(DTypeCode::f32, {half}).problem != "");
  CHECK(size_of(DTypeCode::u8, {half, 2, 0}).problem != "");
  CHECK(size_of(DTypeCode::u8, {0, half, 2}).bytes == 0);
}

TEST_CASE("dtype: blocks fill rows in ggml types, the whole tensor in small safetensors types") {
  const DType q4_k = ggml_dtype(12).value();
  CHECK(q4_k.name() == "Q4_K");
  CHECK(size_of(q4_k, {3, 512}).bytes == 3 * 2 * 144);
  CHECK(size_of(q4_k, {512, 4000}).problem == "4000 elements a row is not a multiple of Q4_K's 256");
  CHECK(size_of(q4_k, {256, 1}).problem != "");
  const DType f4 = dtype_named("F4").value();
  CHECK(size_of(f4, {3, 2}).bytes == 3);
  CHECK(size_of(f4, {3}).problem != "");
  const DType f6 = dtype_named("F6_E2M3").value();
  CHECK(size_of(f6, {2, 2}).bytes == 3);
  CHECK(size_of(f6, {6}).problem != "");
}

TEST_CASE("dtype: ggml's table has every type of the spec, and says which are no longer GGUF's") {
  for (const std::uint32_t removed : {4U, 5U, 31U, 32U, 33U, 36U, 37U, 38U, 43U, 139U, 1000U})
    CHECK_FALSE(is_gguf_type(removed));
  int count = 0;
  for (std::uint32_t id = 0; id < 500; ++id) {
    if (!is_gguf_type(id)) continue;
    ++count;
    CHECK(ggml_id(ggml_dtype(id).value()) == id);
  }
  CHECK(count == 35);
  CHECK(ggml_dtype(0).value() == DType(DTypeCode::f32));
  CHECK(ggml_dtype(9)->packed().block_bytes == 36);
  CHECK_FALSE(ggml_id(DTypeCode::u8));
}

TEST_CASE("dtype: types of forks are called by their number and measured with what stands before each row") {
  const DType iq3_ks = ggml_dtype(156).value();
  CHECK(iq3_ks.name() == "type 156");
  CHECK(ggml_id(iq3_ks) == 156U);
  CHECK(size_of(iq3_ks, {2, 256}).bytes == 2 * (2 + 102));
  CHECK(size_of(iq3_ks, {0, 256}).bytes == 0);
  CHECK(size_of(iq3_ks, {2, 0}).bytes == 0);
  CHECK(size_of(iq3_ks, {2, 100}).problem != "");
  CHECK(size_of(ggml_dtype(139).value(), {2, 256}).bytes == 288);
  CHECK_FALSE(is_unmeasured(iq3_ks));
  for (const std::uint32_t unknown : {4U, 36U, 43U, 142U, 1000U}) CHECK_FALSE(ggml_dtype(unknown));
  const PackedType type = unmeasured_ggml_type(36);
  CHECK(is_unmeasured(DType(type)));
  CHECK(type.name == "type 36");
  CHECK_FALSE(size_of(DType(type), {2, 256}).bytes);
}

TEST_CASE("dtype: what is wrong with a type that GGUF does not define") {
  CHECK(ggml::type_problem(31) ==
        "ggml type 31 (Q4_0_4_4) was removed from GGUF; make the file again as Q4_0");
  CHECK(ggml::type_problem(38) ==
        "ggml type 38 (IQ4_NL_8_8) was removed from GGUF; make the file again as IQ4_NL");
  CHECK(ggml::type_problem(5) == "ggml type 5 (Q4_3) was removed from GGUF; make the file again as Q4_1");
  CHECK(ggml::type_problem(43) == "ggml type 43 is not known");
  CHECK(ggml::type_label(139) == "type 139 (IQ4_K of ik_llama.cpp)");
  CHECK(ggml::type_label(1000) == "type 1000");
}

TEST_CASE("dtype: safetensors' names stand in the order of the reference's enum") {
  CHECK(safetensors::rank_of(DTypeCode::boolean) == 0);
  CHECK(safetensors::rank_of(dtype_named("F4").value()) == 1);
  CHECK(safetensors::rank_of(DTypeCode::u64) == 21);
  CHECK(safetensors::rank_of(DTypeCode::i64) == 20);
  CHECK_FALSE(safetensors::rank_of(ggml_dtype(12).value()));
  CHECK_FALSE(dtype_named("F5"));
}

TEST_CASE("dtype: opaque types are measured, and their params say by what") {
  const PackedType type = opaque_type("numpy", "V6", 6);
  CHECK(size_of(DType(type), {2, 3}).bytes == 36);
  CHECK(DType(type).bits() == 48);
  CHECK(opaque_bytes(type.params) == 6);
  const PackedType other = opaque_type("numpy", "V6", 6);
  CHECK(DType(type) == DType(other));
  const auto bytes_in = [](Value value) {
    return opaque_bytes(Value::map({{Value::string("element_bytes"), std::move(value)}}));
  };
  CHECK(bytes_in(Value::u64(1 << 20)) == 1 << 20);
  CHECK_FALSE(bytes_in(Value::u64((1 << 20) + 1)));
  CHECK_FALSE(bytes_in(Value::u64(0)));
  CHECK_FALSE(bytes_in(Value::i64(-1)));
  CHECK_FALSE(bytes_in(Value::f64(4)));
  CHECK_FALSE(bytes_in(Value::boolean(true)));
  CHECK_FALSE(opaque_bytes(Value{}));
  CHECK_FALSE(opaque_bytes(Value::map({})));
}
