#include "commands/list/bars.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "cli/terminal.hpp"

namespace aerotool::commands {
namespace {

/// Whether the locale says that characters are UTF-8. What it says is read from the environment, as its file
/// may not be on this machine.
bool locale_is_utf8() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const said = std::getenv(name);
    if (said == nullptr || *said == '\0') continue;
    std::string locale(said);
    std::erase(locale, '-');
    std::ranges::transform(locale, locale.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return locale.find(".utf8") != std::string::npos;
  }
  return false;
}

constexpr std::array<std::string_view, 9> kBlocks = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 9> kDigits = {" ", "1", "2", "3", "4", "5", "6", "7", "8"};

}  // namespace

BarStyle bar_style() {
  return cli::terminal_takes_orders() && locale_is_utf8() ? BarStyle::blocks : BarStyle::digits;
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
