#include "model/float_dtype.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "codecs/small_types.hpp"

namespace aerotool {
namespace {

constexpr std::array kSmallKinds = {
    std::pair{FloatKind::f8_e4m3, std::string_view("F8_E4M3")},
    std::pair{FloatKind::f8_e5m2, std::string_view("F8_E5M2")},
    std::pair{FloatKind::f8_e4m3fnuz, std::string_view("F8_E4M3FNUZ")},
    std::pair{FloatKind::f8_e5m2fnuz, std::string_view("F8_E5M2FNUZ")},
    std::pair{FloatKind::f8_e8m0, std::string_view("F8_E8M0")},
};

}  // namespace

std::optional<FloatKind> float_kind(const DType& dtype) {
  switch (dtype.code()) {
    case DTypeCode::f64:
      return FloatKind::f64;
    case DTypeCode::f32:
      return FloatKind::f32;
    case DTypeCode::bf16:
      return FloatKind::bf16;
    case DTypeCode::f16:
      return FloatKind::f16;
    case DTypeCode::packed:
      break;
    default:
      return std::nullopt;
  }
  if (dtype.packed().codec != small_types::kCodec) return std::nullopt;
  for (const auto& [kind, name] : kSmallKinds) {
    if (dtype.packed().name == name) return kind;
  }
  return std::nullopt;
}

DType dtype_of(FloatKind kind) {
  switch (kind) {
    case FloatKind::f64:
      return DTypeCode::f64;
    case FloatKind::f32:
      return DTypeCode::f32;
    case FloatKind::bf16:
      return DTypeCode::bf16;
    case FloatKind::f16:
      return DTypeCode::f16;
    default:
      break;
  }
  for (const auto& [small, name] : kSmallKinds) {
    if (small == kind) return *dtype_named(name);
  }
  return {};
}

}  // namespace aerotool
