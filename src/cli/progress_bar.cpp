#include "cli/progress_bar.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <string>

#include "cli/terminal.hpp"
#include "core/text.hpp"

namespace aerotool::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::string clock_text(double seconds) {
  const auto whole = std::llround(seconds);
  std::array<char, 40> text{};
  if (whole < 3600) {
    std::snprintf(text.data(), text.size(), "%lld:%02lld", whole / 60, whole % 60);
  } else {
    std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return text.data();
}

std::string bar_line(double done, double total, double seconds) {
  constexpr std::size_t kWidth = 30;
  const double share = std::min(done / total, 1.0);
  const auto filled = static_cast<std::size_t>(share * kWidth);
  const double rate = done / seconds;
  std::array<char, 16> percent{};
  std::snprintf(percent.data(), percent.size(), "%3.0f%%", share * 100);
  std::string line = "[" + std::string(filled, '#') + std::string(kWidth - filled, ' ') + "] " +
                     percent.data() + "  " + human_size(static_cast<std::uint64_t>(rate)) + "/s";
  if (rate > 0) line += "  " + clock_text((total - std::min(done, total)) / rate) + " left";
  return line;
}

}  // namespace

ProgressBar::ProgressBar(const Arguments& arguments) {
  const std::string when = arguments.get("progress");
  const bool wanted =
      when == "always" || (when != "never" && stderr_is_terminal() && !arguments.has("quiet"));
  if (!wanted) return;
  if (when == "always") delay_ = 0;
  try {
    thread_ = std::thread([this] {
      try {
        draw_until_stopped();
      } catch (const std::exception&) {
        // Nor here.
      }
    });
  } catch (const std::exception&) {
    // A bar is not worth failing for.
  }
}

ProgressBar::~ProgressBar() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stop_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ProgressBar::draw_until_stopped() {
  const auto delay = std::chrono::milliseconds(delay_);
  constexpr auto kInterval = std::chrono::milliseconds(100);
  const auto begin = Clock::now();
  bool drawn = false;
  std::unique_lock lock(mutex_);
  for (auto wait = delay; !stop_changed_.wait_for(lock, wait, [this] { return stop_; }); wait = kInterval) {
    const auto total = static_cast<double>(progress_.total.load());
    if (total <= 0) continue;
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::fprintf(stderr, "\r%s\x1b[K",
                 bar_line(static_cast<double>(progress_.done.load()), total, seconds).c_str());
    drawn = true;
  }
  if (drawn) std::fputs("\r\x1b[K", stderr);
}

}  // namespace aerotool::cli
