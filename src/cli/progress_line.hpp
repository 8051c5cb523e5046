// What a progress bar shows, for a terminal of any width.
#pragma once

#include <cstdint>
#include <string>

namespace aerotool::cli {

struct ProgressState {
  std::string name;         ///< of what is worked on; may be empty
  std::uint64_t done = 0;   ///< bytes
  std::uint64_t total = 0;  ///< bytes; 0 while not known
  double seconds = 0;       ///< since the begin
};

/// One line that leaves the last of `width` columns free: name, bar, share, rate and time left; or name,
/// bytes and rate where the total is not known. Where that is too wide, the bar gets shorter; then the name
/// goes, then the bar, then the numbers from the right.
std::string progress_line(const ProgressState& state, std::size_t width);

}  // namespace aerotool::cli
