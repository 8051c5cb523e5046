// Counts as a row of bars, a character each.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace aerotool::commands {

enum class BarStyle : std::uint8_t { digits, blocks };

/// Blocks where the terminal shows them: it is none of the simplest, and the locale's characters are UTF-8.
BarStyle bar_style();

/// The tallest bar has the largest count. A count of 0 is a blank, but for those at the end, which are
/// left out; any other is seen. Digits go up to 8.
std::string bars_text(std::span<const std::uint64_t> counts, BarStyle style);

}  // namespace aerotool::commands
