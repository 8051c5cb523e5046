#include "tasks/set_plan/part_choice.hpp"

#include <array>
#include <cstdlib>
#include <string_view>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/numbers.hpp"

namespace aerotool::tasks {
namespace {

constexpr const char* kOption = "--part";
constexpr std::string_view kAuto = "auto";
// Slurm, Kubernetes, AWS Batch.
constexpr std::array kVariables = {"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX",
                                   "AWS_BATCH_JOB_ARRAY_INDEX"};

std::uint64_t number_of_job() {
  for (const char* variable : kVariables) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0')
      return parse_count(value, std::string(kOption) + "=auto: " + variable);
  }
  throw UsageError("--part=auto: none of " + std::string(kVariables[0]) + ", " + kVariables[1] + " and " +
                   kVariables[2] + " is set");
}

PartRange job_range(const std::string& text) {
  const std::string rest = text.substr(kAuto.size());
  if (!rest.empty() && !rest.starts_with('+'))
    throw UsageError("--part takes auto or auto+OFFSET, not '" + text + "'");
  const std::uint64_t offset = rest.empty() ? 0 : parse_count(rest.substr(1), kOption);
  const auto number = checked_add(number_of_job(), offset);
  if (!number) throw UsageError("--part: " + text + " is too large");
  return {*number, *number};
}

PartRange range_of(const std::string& text) {
  const auto dash = text.find('-');
  const std::uint64_t first = parse_count(text.substr(0, dash), kOption);
  if (dash == std::string::npos) return {first, first};
  const std::uint64_t last = parse_count(text.substr(dash + 1), kOption);
  if (last < first) throw UsageError("--part: " + text + " counts down");
  return {first, last};
}

}  // namespace

std::vector<PartRange> parse_parts(const std::string& text) {
  if (text.starts_with(kAuto)) return {job_range(text)};
  std::vector<PartRange> ranges;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    ranges.push_back(range_of(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return ranges;
}

std::string parts_text(const std::vector<std::size_t>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size();) {
    std::size_t end = i + 1;
    while (end < parts.size() && parts[end] == parts[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(parts[i]);
    if (end - i > 1) text += "-" + std::to_string(parts[end - 1]);
    i = end;
  }
  return text;
}

}  // namespace aerotool::tasks
