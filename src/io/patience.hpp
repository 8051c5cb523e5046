// How often something that fails on the way is tried again, and how long is waited before.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

namespace aerotool::io {

/// No server is waited for longer than that.
inline constexpr std::chrono::seconds kMostAskedWait{60};

class Patience {
 public:
  /// Something has come: what failed before counts no more.
  void progress() { failures_ = 0; }
  /// Counts a failure; false where there were too many without progress.
  bool goes_on() { return ++failures_ < kMostFailures; }
  /// Waits before the next try: what was asked for, else a second, doubled with each failure up to 30, with a
  /// part of it left to chance so that many clients do not come back together. Throws Interrupted, and
  /// Stopped where `stopped`, which may be null, becomes true.
  void wait(std::optional<std::chrono::seconds> asked, const std::atomic<bool>* stopped) const;

 private:
  static constexpr unsigned kMostFailures = 5;

  unsigned failures_ = 0;
};

}  // namespace aerotool::io
