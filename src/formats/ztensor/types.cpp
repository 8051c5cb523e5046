#include "formats/ztensor/types.hpp"

#include <algorithm>
#include <array>

#include "codecs/small_types.hpp"
#include "core/checked.hpp"

namespace aerotool::ztensor {
namespace {

struct Row {
  std::string_view name;
  std::string_view old_name;  ///< of versions 0.1 and 1.0
  DTypeCode code;
};

constexpr std::array<Row, 13> kTypes = {{
    {"f64", "float64", DTypeCode::f64},
    {"f32", "float32", DTypeCode::f32},
    {"f16", "float16", DTypeCode::f16},
    {"bf16", "bfloat16", DTypeCode::bf16},
    {"i64", "int64", DTypeCode::i64},
    {"i32", "int32", DTypeCode::i32},
    {"i16", "int16", DTypeCode::i16},
    {"i8", "int8", DTypeCode::i8},
    {"u64", "uint64", DTypeCode::u64},
    {"u32", "uint32", DTypeCode::u32},
    {"u16", "uint16", DTypeCode::u16},
    {"u8", "uint8", DTypeCode::u8},
    {"bool", "bool", DTypeCode::boolean},
}};

// Version 1.2 has the first six.
constexpr std::array<LogicalType, 9> kLogicalTypes = {{
    {"f8_e4m3fn", DTypeCode::u8, 1, 1, "F8_E4M3"},
    {"f8_e5m2", DTypeCode::u8, 1, 1, "F8_E5M2"},
    {"f8_e4m3fnuz", DTypeCode::u8, 1, 1, "F8_E4M3FNUZ"},
    {"f8_e5m2fnuz", DTypeCode::u8, 1, 1, "F8_E5M2FNUZ"},
    {"complex64", DTypeCode::f32, 1, 8, "C64"},
    {"complex128", DTypeCode::f64, 1, 16, "C128"},
    {"f8_e8m0", DTypeCode::u8, 1, 1, "F8_E8M0"},
    {"f4_e2m1", DTypeCode::u8, 2, 1, "F4"},
    {"bool", DTypeCode::u8, 1, 1, "BOOL"},
}};
constexpr std::size_t kTypesOfVersion1 = 6;

}  // namespace

std::optional<DTypeCode> stored_type(std::string_view name, Version version) {
  const bool is_old = version == Version::v0_1 || version == Version::v1_0;
  const auto* const row = std::ranges::find(kTypes, name, is_old ? &Row::old_name : &Row::name);
  if (row == kTypes.end() || (version == Version::v2 && row->code == DTypeCode::boolean)) return std::nullopt;
  return row->code;
}

const LogicalType* logical_type(std::string_view name, Version version) {
  const auto* const end =
      version == Version::v2 ? kLogicalTypes.end() : kLogicalTypes.begin() + kTypesOfVersion1;
  const auto* const type = std::ranges::find(kLogicalTypes.begin(), end, name, &LogicalType::name);
  return type == end ? nullptr : type;
}

std::optional<TypeNames> type_names(const DType& dtype, Version version) {
  const bool is_old = version == Version::v0_1 || version == Version::v1_0;
  const auto name_of = [&](DTypeCode code) {
    const auto* const row = std::ranges::find(kTypes, code, &Row::code);
    return is_old ? row->old_name : row->name;
  };
  const bool is_plain = !dtype.is_packed() && !(version == Version::v2 && dtype.code() == DTypeCode::boolean);
  if (is_plain) return TypeNames{name_of(dtype.code()), {}};
  if (is_old || (dtype.is_packed() && dtype.packed().codec != small_types::kCodec)) return std::nullopt;
  const auto* const end =
      version == Version::v2 ? kLogicalTypes.end() : kLogicalTypes.begin() + kTypesOfVersion1;
  const auto* const type = std::ranges::find(kLogicalTypes.begin(), end, dtype.name(), &LogicalType::dtype);
  if (type == end) return std::nullopt;
  return TypeNames{name_of(type->stored), type->name};
}

std::optional<std::uint64_t> size_of(const LogicalType* type, DTypeCode stored, std::uint64_t elements) {
  if (type == nullptr) return checked_mul(elements, DType(stored).bits() / 8);
  const std::uint64_t runs = elements / type->elements + (elements % type->elements != 0 ? 1 : 0);
  return checked_mul(runs, type->bytes);
}

}  // namespace aerotool::ztensor
