// A look for globals where nothing is read: behind an error, and behind STOP.
#pragma once

#include <cstdint>

#include "encoding/pickle/globals.hpp"
#include "encoding/pickle/limits.hpp"
#include "encoding/pickle/source.hpp"

namespace aerotool::pickle {

/// Meets the globals that opcodes name from `begin` on, one pickle after another, until the bytes are no
/// opcodes any more: GLOBAL, INST, and STACK_GLOBAL of the two texts before it.
void sweep(const Source& source, std::uint64_t begin, const Limits& limits, Globals& globals);

}  // namespace aerotool::pickle
