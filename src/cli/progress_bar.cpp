#include "cli/progress_bar.hpp"

#include <chrono>
#include <cstdio>
#include <exception>

#include "cli/progress_line.hpp"
#include "cli/terminal.hpp"
#include "core/text.hpp"

namespace aerotool::cli {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

ProgressBar::ProgressBar(const CommonOptions& options, const std::string& name)
    : name_(escape_controls(name)) {
  const bool of_use = stderr_is_terminal() && terminal_takes_orders() && options.quiet == 0;
  const bool wanted = options.progress == When::always || (options.progress != When::never && of_use);
  if (!wanted) return;
  if (options.progress == When::always) delay_ = 0;
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
    ProgressState state{name_, progress_.done.load(), progress_.total.load(), 0};
    if (state.done == 0 && state.total == 0) continue;
    state.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::fprintf(stderr, "\r%s\x1b[K", progress_line(state, stderr_width()).c_str());
    drawn = true;
  }
  if (drawn) std::fputs("\r\x1b[K", stderr);
}

}  // namespace aerotool::cli
