// Which parts of a plan are meant: "3", "3-7", "3,17-19", or what the engine that runs an array of jobs says.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace aerotool::tasks {

/// The parts from `first` to `last`, both among them.
struct PartRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  bool operator==(const PartRange&) const = default;
};

/// What --part takes: ranges of numbers, or "auto" and "auto+OFFSET", which takes the number of
/// SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX or AWS_BATCH_JOB_ARRAY_INDEX. Throws UsageError.
std::vector<PartRange> parse_parts(const std::string& text);

/// The numbers, ascending, as parse_parts() takes them: "3,17-19".
std::string parts_text(const std::vector<std::size_t>& parts);

}  // namespace aerotool::tasks
