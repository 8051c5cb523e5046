// The bytes of a pickle, and what messages say of where they lie.
#pragma once

#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "core/error.hpp"

namespace aerotool::pickle {

struct Source {
  Bytes bytes;               ///< from the first opcode on; more may follow STOP
  std::string path;          ///< what messages call it
  std::uint64_t offset = 0;  ///< of the first byte in `path`

  Where where(std::uint64_t at) const { return {.path = path, .offset = offset + at, .tensor = {}}; }
};

}  // namespace aerotool::pickle
