// Answers about several models, one after the other.
#pragma once

#include <functional>
#include <string>

#include "cli/command.hpp"
#include "cli/json_out.hpp"
#include "cli/text_out.hpp"

namespace aerotool::cli {

/// Tells of the model that an operand names, and returns the status of that: as JSON, one object, where
/// `json` is not null, else as text. What it throws it throws before the first word.
using Answer = std::function<int(const std::string& operand, TextOut& out, JsonOut* json)>;

/// An answer for each operand, in an array where there are several of JSON. An Error is told and is status 2,
/// and the others are still worth an answer. Returns the worst status. Throws UsageError without operands.
int answer_each(const Arguments& arguments, const Answer& answer);

}  // namespace aerotool::cli
