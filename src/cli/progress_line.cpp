#include "cli/progress_line.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include "cli/table.hpp"
#include "core/text.hpp"

namespace aerotool::cli {
namespace {

constexpr std::string_view kBetween = "  ";

std::string clock_text(double seconds) {
  // A rate near nothing leaves more time than a number of hours can say.
  constexpr double kMax = 359'999;
  const auto whole = std::llround(std::min(seconds, kMax));
  std::array<char, 40> text{};
  if (whole < 3600) {
    std::snprintf(text.data(), text.size(), "%lld:%02lld", whole / 60, whole % 60);
  } else {
    std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return text.data();
}

std::string joined(const std::vector<std::string>& parts) {
  std::string line;
  for (const std::string& part : parts) {
    if (!line.empty()) line += kBetween;
    line += part;
  }
  return line;
}

std::vector<std::string> numbers(const ProgressState& state) {
  constexpr double kMaxRate = 1e18;  // still a number of 64 bits
  const double rate =
      state.seconds > 0 ? std::min(static_cast<double>(state.done) / state.seconds, kMaxRate) : 0;
  const std::string rate_text = human_size(static_cast<std::uint64_t>(rate)) + "/s";
  if (state.total == 0) return {human_size(state.done), rate_text};
  const std::uint64_t done = std::min(state.done, state.total);
  std::array<char, 16> percent{};
  std::snprintf(percent.data(), percent.size(), "%3.0f%%",
                static_cast<double>(done) / static_cast<double>(state.total) * 100);
  std::vector<std::string> texts = {percent.data(), rate_text};
  if (rate > 0) texts.push_back(clock_text(static_cast<double>(state.total - done) / rate) + " left");
  return texts;
}

std::string bar(const ProgressState& state, std::size_t cells) {
  const double share = static_cast<double>(state.done) / static_cast<double>(state.total);
  const auto filled = static_cast<std::size_t>(std::min(share, 1.0) * static_cast<double>(cells));
  return "[" + std::string(filled, '#') + std::string(cells - filled, ' ') + "]";
}

/// Columns at the most: what is not ASCII may take two.
std::size_t widest(const std::string& text) {
  const auto ascii = static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  return ascii + 2 * (display_width(text) - ascii);
}

}  // namespace

std::string progress_line(const ProgressState& state, std::size_t width) {
  constexpr std::size_t kCells = 30;
  constexpr std::size_t kFewestCells = 10;
  const std::size_t room = width == 0 ? 0 : width - 1;
  std::vector<std::string> parts = numbers(state);
  while (parts.size() > 1 && joined(parts).size() > room) parts.pop_back();
  std::string line = joined(parts).substr(0, room);
  const std::size_t name_width = state.name.empty() ? 0 : widest(state.name) + kBetween.size();
  constexpr std::size_t kFrame = 3;  // brackets and the space behind them; the share brings one itself
  const std::size_t least = line.size() + (state.total == 0 ? 0 : kFrame + kFewestCells);
  const bool named = name_width + least <= room;
  if (state.total != 0 && least <= room) {
    const std::size_t left = room - line.size() - kFrame - (named ? name_width : 0);
    line.insert(0, bar(state, std::min(kCells, left)) + " ");
  }
  if (named && name_width != 0) line.insert(0, state.name + std::string(kBetween));
  return line;
}

}  // namespace aerotool::cli
