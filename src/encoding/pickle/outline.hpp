// The first of two passes over a pickle: opcodes alone, without what they make.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>

#include "encoding/pickle/limits.hpp"
#include "encoding/pickle/memo.hpp"
#include "encoding/pickle/oddity.hpp"
#include "encoding/pickle/source.hpp"

namespace aerotool::pickle {

struct Outline {
  std::uint64_t opcodes = 0;
  std::uint64_t end = 0;      ///< behind STOP, or where the opcode begins that broke it off
  std::exception_ptr broken;  ///< what broke it off; null where STOP was met
  IndexSet fetched;           ///< the indexes of the memo that are fetched at all
};

/// Throws nothing for what the bytes hold: the opcodes before an error are still to be looked at.
Outline outline_of(const Source& source, const Limits& limits, Oddities& oddities);

/// How many bytes the pickle has at the front of the source; nothing where they end before it does, so that
/// more may help. Throws CorruptError and UnsupportedError.
std::optional<std::uint64_t> length_of_pickle(const Source& source, const Limits& limits = {});

}  // namespace aerotool::pickle
