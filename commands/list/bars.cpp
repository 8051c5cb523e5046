#include "commands/list/bars.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "cli/terminal.hpp"

namespace aerotool::commands {
namespace {

constexpr std::array<std::string_view, 9> kBlocks = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 9> kDigits = {" ", "1", "2", "3", "4", "5", "6", "7", "8"};

}  // namespace

BarStyle bar_style() {
  return cli::terminal_takes_orders() && cli::locale_is_utf8() ? BarStyle::blocks : BarStyle::digits;
}

std::string bars_text(std::span<const std::uint64_t> counts, BarStyle style) {
  const auto& levels = style == BarStyle::blocks ? kBlocks : kDigits;
  const std::uint64_t largest = counts.empty() ? 0 : *std::ranges::max_element(counts);
  std::string text;
  for (const std::uint64_t count : counts) {
    const double share = count == 0 ? 0 : static_cast<double>(count) / static_cast<double>(largest);
    text += levels.at(static_cast<std::size_t>(std::ceil(share * static_cast<double>(levels.size() - 1))));
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace aerotool::commands
