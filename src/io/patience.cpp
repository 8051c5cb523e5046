#include "io/patience.hpp"

#include <algorithm>
#include <random>
#include <thread>

#include "core/parallel.hpp"
#include "io/interrupt.hpp"

namespace aerotool::io {

void Patience::wait(std::optional<std::chrono::seconds> asked, const std::atomic<bool>* stopped) const {
  using Milliseconds = std::chrono::milliseconds;
  constexpr Milliseconds kFirst{1000};
  constexpr Milliseconds kMost{30'000};
  constexpr Milliseconds kStep{50};
  Milliseconds wait = std::min(kMost, kFirst * (1U << std::min(failures_ - 1, 5U)));
  std::random_device random;
  wait -= Milliseconds(std::uniform_int_distribution<std::int64_t>(0, wait.count() / 4)(random));
  if (asked) wait = *asked;
  const auto end = std::chrono::steady_clock::now() + wait;
  while (std::chrono::steady_clock::now() < end) {
    check_interrupt();
    if (stopped != nullptr && *stopped) throw Stopped();
    std::this_thread::sleep_for(
        std::min<std::chrono::nanoseconds>(kStep, end - std::chrono::steady_clock::now()));
  }
}

}  // namespace aerotool::io
