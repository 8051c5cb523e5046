// A bar on standard error for works that last.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "cli/common_options.hpp"
#include "io/progress.hpp"

namespace aerotool::cli {

/// Shows how far `progress()` has come, with rate and time left, from half a second on, while it lives: on a
/// terminal, or at once as --progress says. `name` is what is worked on, where that is worth a word.
class ProgressBar {
 public:
  explicit ProgressBar(const CommonOptions& options, const std::string& name = {});
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  io::Progress* progress() { return &progress_; }

 private:
  void draw_until_stopped();

  std::string name_;
  io::Progress progress_;
  std::mutex mutex_;
  std::condition_variable stop_changed_;
  bool stop_ = false;
  int delay_ = 500;  // milliseconds
  std::thread thread_;
};

}  // namespace aerotool::cli
