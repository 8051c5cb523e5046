// The index of the memo that an opcode names.
#pragma once

#include <cstdint>

#include "encoding/pickle/instructions.hpp"

namespace aerotool::pickle {

/// Of PUT, BINPUT, LONG_BINPUT, GET, BINGET and LONG_BINGET. Throws CorruptError where a line is no index.
std::uint64_t memo_index(const Source& source, const Instruction& instruction);

}  // namespace aerotool::pickle
