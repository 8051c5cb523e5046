// Element types that have no dtype code of their own: floats of four to eight bits, and complex numbers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace aerotool::small_types {

/// What PackedType::codec calls these types, in AERO's files too.
inline constexpr std::string_view kCodec = "safetensors";

/// The smallest run of whole bytes, and the elements that it holds.
struct SmallType {
  std::string_view name;
  std::uint32_t elements = 0;
  std::uint32_t bytes = 0;
};

std::span<const SmallType> small_types();

}  // namespace aerotool::small_types
