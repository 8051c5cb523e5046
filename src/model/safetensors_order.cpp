#include "model/safetensors_order.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "codecs/small_types.hpp"

namespace aerotool::safetensors {
namespace {

// src/formats/safetensors/FORMAT.md, "dtypes".
constexpr std::array<std::string_view, 22> kOrder = {
    "BOOL",    "F4",          "F6_E2M3",     "F6_E3M2", "U8",  "I8",  "F8_E5M2", "F8_E4M3",
    "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I16",     "U16", "F16", "BF16",    "I32",
    "U32",     "F32",         "C64",         "F64",     "I64", "U64"};

}  // namespace

std::optional<unsigned> rank_of(const DType& dtype) {
  if (dtype.is_packed() && dtype.packed().codec != small_types::kCodec) return std::nullopt;
  const auto* found = std::find(kOrder.begin(), kOrder.end(), dtype.name());
  if (found == kOrder.end()) return std::nullopt;
  return static_cast<unsigned>(found - kOrder.begin());
}

}  // namespace aerotool::safetensors
