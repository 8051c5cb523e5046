#include "formats/torch/types.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "model/opaque_dtype.hpp"

namespace aerotool::torch {
namespace {

constexpr std::array kTypes{
    ElementType{.name = "float32", .storage = "Float", .ours = "F32", .bytes = 4, .has_sign_bit = true},
    ElementType{.name = "float64", .storage = "Double", .ours = "F64", .bytes = 8, .has_sign_bit = true},
    ElementType{.name = "float16", .storage = "Half", .ours = "F16", .bytes = 2, .has_sign_bit = true},
    ElementType{.name = "bfloat16", .storage = "BFloat16", .ours = "BF16", .bytes = 2, .has_sign_bit = true},
    ElementType{.name = "int8", .storage = "Char", .ours = "I8", .bytes = 1},
    ElementType{.name = "uint8", .storage = "Byte", .ours = "U8", .bytes = 1},
    ElementType{.name = "int16", .storage = "Short", .ours = "I16", .bytes = 2},
    ElementType{.name = "int32", .storage = "Int", .ours = "I32", .bytes = 4},
    ElementType{.name = "int64", .storage = "Long", .ours = "I64", .bytes = 8},
    ElementType{.name = "bool", .storage = "Bool", .ours = "BOOL", .bytes = 1},
    ElementType{.name = "complex64",
                .storage = "ComplexFloat",
                .ours = "C64",
                .bytes = 8,
                .numbers = 2,
                .has_sign_bit = true},
    ElementType{.name = "complex128",
                .storage = "ComplexDouble",
                .ours = "C128",
                .bytes = 16,
                .numbers = 2,
                .has_sign_bit = true},
    ElementType{.name = "complex32", .ours = "C32", .bytes = 4, .numbers = 2, .has_sign_bit = true},
    ElementType{.name = "uint16", .ours = "U16", .bytes = 2},
    ElementType{.name = "uint32", .ours = "U32", .bytes = 4},
    ElementType{.name = "uint64", .ours = "U64", .bytes = 8},
    ElementType{.name = "float8_e4m3fn", .ours = "F8_E4M3", .bytes = 1},
    ElementType{.name = "float8_e5m2", .ours = "F8_E5M2", .bytes = 1},
    ElementType{.name = "float8_e4m3fnuz", .ours = "F8_E4M3FNUZ", .bytes = 1},
    ElementType{.name = "float8_e5m2fnuz", .ours = "F8_E5M2FNUZ", .bytes = 1},
    ElementType{.name = "float8_e8m0fnu", .ours = "F8_E8M0", .bytes = 1},
    ElementType{.name = "float4_e2m1fn_x2", .ours = "F4", .bytes = 1, .values = 2},
    ElementType{.name = "bits8", .ours = "bits8", .bytes = 1},
    ElementType{.name = "bits16", .ours = "bits16", .bytes = 2},
    ElementType{.name = "bits1x8", .ours = "bits1x8", .bytes = 1},
    ElementType{.name = "bits2x4", .ours = "bits2x4", .bytes = 1},
    ElementType{.name = "bits4x2", .ours = "bits4x2", .bytes = 1},
    ElementType{.name = "qint8", .storage = "QInt8", .ours = "I8", .bytes = 1, .is_quantized = true},
    ElementType{.name = "quint8", .storage = "QUInt8", .ours = "U8", .bytes = 1, .is_quantized = true},
    ElementType{.name = "qint32", .storage = "QInt32", .ours = "I32", .bytes = 4, .is_quantized = true},
    ElementType{.name = "quint4x2", .storage = "QUInt4x2", .ours = "U8", .bytes = 0, .is_quantized = true},
    ElementType{.name = "quint2x4", .storage = "QUInt2x4", .ours = "U8", .bytes = 0, .is_quantized = true},
};

// Torch's names as they were before, and beside the longer ones.
struct OtherName {
  std::string_view other;
  std::string_view name;
};
constexpr std::array kOtherNames{
    OtherName{"float", "float32"},    OtherName{"double", "float64"},     OtherName{"half", "float16"},
    OtherName{"short", "int16"},      OtherName{"int", "int32"},          OtherName{"long", "int64"},
    OtherName{"cfloat", "complex64"}, OtherName{"cdouble", "complex128"}, OtherName{"chalf", "complex32"},
};

PackedType verbatim(std::string_view name, std::uint32_t bytes) {
  return opaque_type("torch", std::string(name), bytes);
}

/// Types that nothing else here has.
const PackedType* verbatim_named(std::string_view name) {
  static const std::array<PackedType, 6> types = {verbatim("C32", 4),     verbatim("bits8", 1),
                                                  verbatim("bits16", 2),  verbatim("bits1x8", 1),
                                                  verbatim("bits2x4", 1), verbatim("bits4x2", 1)};
  const auto* const found = std::ranges::find(types, name, &PackedType::name);
  return found == types.end() ? nullptr : found;
}

constexpr ElementType kUntyped{.name = "uint8", .storage = "Untyped", .ours = "U8", .bytes = 1};

}  // namespace

DType ElementType::dtype() const {
  if (const PackedType* packed = verbatim_named(ours)) return DType(*packed);
  return dtype_named(ours).value_or(DType());
}

const ElementType* element_type_named(std::string_view name) {
  const auto* const other = std::ranges::find(kOtherNames, name, &OtherName::other);
  if (other != kOtherNames.end()) name = other->name;
  const auto* const found = std::ranges::find(kTypes, name, &ElementType::name);
  return found == kTypes.end() ? nullptr : found;
}

const ElementType* element_type_of(const DType& dtype) {
  const std::string_view name = dtype.name();
  const auto* const found = std::ranges::find_if(
      kTypes, [&](const ElementType& type) { return type.ours == name && !type.is_quantized; });
  // Types of other codecs may be called the same.
  return found == kTypes.end() || found->dtype() != dtype ? nullptr : found;
}

const ElementType* element_type_of_storage(std::string_view name) {
  constexpr std::string_view kEnding = "Storage";
  if (!name.ends_with(kEnding) || name == kEnding) return nullptr;
  name.remove_suffix(kEnding.size());
  if (name == kUntyped.storage) return &kUntyped;
  const auto* const found = std::ranges::find(kTypes, name, &ElementType::storage);
  return found == kTypes.end() ? nullptr : found;
}

const ElementType& untyped() {
  return kUntyped;
}

}  // namespace aerotool::torch
