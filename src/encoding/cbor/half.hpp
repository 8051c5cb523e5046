// Half-precision floats, as far as CBOR needs them: exact ways from and to single precision.
#pragma once

#include <cstdint>
#include <optional>

namespace aerotool::cbor {

/// The bits of the same number in single precision; a NaN keeps its payload.
std::uint32_t single_of_half(std::uint16_t half);
/// The bits of the same number in half precision; nothing where it has none.
std::optional<std::uint16_t> half_of_single(std::uint32_t single);
/// Likewise from double to single precision. Nothing for a NaN.
std::optional<std::uint32_t> single_of_double(std::uint64_t bits);

}  // namespace aerotool::cbor
