#include "tasks/set_plan/part_choice.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"

namespace aerotool::tasks {
namespace {

constexpr const char* kOption = "--part";
constexpr std::string_view kAuto = "auto";
// Slurm, Kubernetes, AWS Batch.
constexpr std::array kVariables = {"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX",
                                   "AWS_BATCH_JOB_ARRAY_INDEX"};

[[noreturn]] void refuse(const std::string& text) {
  throw UsageError("--part takes numbers, as 3, 3-7 or 3,17-19, or auto, or auto+OFFSET, not '" +
                   escape_controls(shortened(text)) + "'");
}

/// Of a piece of `text`, which has to be digits.
std::uint64_t number_in(const std::string& text, std::string_view piece) {
  if (piece.empty() || piece.find_first_not_of("0123456789") != std::string_view::npos) refuse(text);
  return parse_count(std::string(piece), kOption);
}

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
  const std::string_view rest = std::string_view(text).substr(kAuto.size());
  if (!rest.empty() && !rest.starts_with('+')) refuse(text);
  const std::uint64_t offset = rest.empty() ? 0 : number_in(text, rest.substr(1));
  const auto number = checked_add(number_of_job(), offset);
  if (!number) throw UsageError("--part: " + text + " is too large");
  return {*number, *number};
}

PartRange range_of(const std::string& text, std::string_view piece) {
  const auto dash = piece.find('-');
  const std::uint64_t first = number_in(text, piece.substr(0, dash));
  if (dash == std::string_view::npos) return {first, first};
  const std::uint64_t last = number_in(text, piece.substr(dash + 1));
  if (last < first) refuse(text);
  return {first, last};
}

}  // namespace

std::vector<PartRange> parse_parts(const std::string& text) {
  if (text.starts_with(kAuto)) return {job_range(text)};
  std::vector<PartRange> ranges;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    ranges.push_back(range_of(text, std::string_view(text).substr(begin, end - begin)));
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
