// Element types of which only the size is known here: those that one format has, and that are kept as they
// are. What stands in their params says the size, so that an AERO file measures them, too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/dtype.hpp"

namespace aerotool {

/// `codec` is the format's, and each element has so many bytes.
PackedType opaque_type(std::string codec, std::string name, std::uint32_t bytes);

/// The bytes of an element where params are those of such a type.
std::optional<std::uint32_t> opaque_bytes(const Value& params);

}  // namespace aerotool
