// What a pickle may ask for: src/encoding/pickle/FORMAT.md, "Limits".
#pragma once

#include <cstddef>
#include <cstdint>

namespace aerotool::pickle {

/// The limits that a reader can be given others of. What passes one is refused as unsupported.
struct Limits {
  std::uint64_t bytes = std::uint64_t{1} << 30;     ///< from the first opcode to behind STOP
  std::uint64_t opcodes = 100'000'000;              ///< no more than kMostOpcodes, whatever is asked for
  std::uint64_t memory = std::uint64_t{256} << 20;  ///< of nodes, stack and memo; strings lie in the pickle
};

/// References to a node are counted in 32 bits, and an opcode makes no more than two.
inline constexpr std::uint64_t kMostOpcodes = std::uint64_t{1} << 31;
/// After how many opcodes it is asked whether a signal has come.
inline constexpr std::uint64_t kOpcodesInterrupted = 65'536;
/// Containers inside each other.
inline constexpr std::size_t kMaxDepth = 64;
/// Entries of the memo that are fetched at all: no other is held.
inline constexpr std::uint64_t kMaxMemo = std::uint64_t{1} << 24;
/// A line of text (module, name, number), and a module or name that comes otherwise.
inline constexpr std::size_t kMaxLine = 1000;
/// Bytes of an integer.
inline constexpr std::size_t kMaxLong = 255;
/// Different globals, and oddities that are told.
inline constexpr std::size_t kMaxGlobals = 65'536;
inline constexpr std::size_t kMaxOddities = 1000;
/// Steps of a walk along every path: 40 lists that each hold the one before twice are 2^40 paths.
inline constexpr std::uint64_t kMaxSteps = 4'000'000;
inline constexpr std::uint8_t kMaxProtocol = 5;

}  // namespace aerotool::pickle
