#include "codecs/small_types.hpp"

#include <array>

namespace aerotool::small_types {
namespace {

// src/formats/safetensors/FORMAT.md, "dtypes"; the last one has only zTensor.
constexpr std::array<SmallType, 10> kTypes = {{
    {"F4", 2, 1},
    {"F6_E2M3", 4, 3},
    {"F6_E3M2", 4, 3},
    {"F8_E5M2", 1, 1},
    {"F8_E4M3", 1, 1},
    {"F8_E8M0", 1, 1},
    {"F8_E4M3FNUZ", 1, 1},
    {"F8_E5M2FNUZ", 1, 1},
    {"C64", 1, 8},
    {"C128", 1, 16},
}};

}  // namespace

std::span<const SmallType> small_types() {
  return kTypes;
}

}  // namespace aerotool::small_types
