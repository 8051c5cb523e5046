#include "formats/ztensor/types.hpp"

#include <algorithm>
#include <array>

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

}  // namespace

std::optional<DTypeCode> stored_type(std::string_view name, Version version) {
  const bool is_old = version == Version::v0_1 || version == Version::v1_0;
  const auto* const row = std::ranges::find(kTypes, name, is_old ? &Row::old_name : &Row::name);
  if (row == kTypes.end() || (version == Version::v2 && row->code == DTypeCode::boolean)) return std::nullopt;
  return row->code;
}

}  // namespace aerotool::ztensor
