// Answers about several models, one after the other.
#pragma once

#include <functional>
#include <string>

#include "cli/json_out.hpp"
#include "cli/models.hpp"
#include "cli/settings.hpp"
#include "cli/text_out.hpp"

namespace aerotool::cli {

enum class JsonForm { none, document, lines };

/// --json, as "document" (the default) or "lines": one object a line.
Option json_option(std::string_view help);
JsonForm parse_json_form(const std::string& text);

struct AnswerOptions : ReadingOptions {
  JsonForm json = JsonForm::none;
  bool recursive = false;
};

/// --json and --recursive.
Setting<AnswerOptions> json_setting();
Setting<AnswerOptions> recursive_setting();

/// Tells of the model that an operand names, and returns the status of that: as JSON, one object, where
/// `json` is not null, else as text. What it throws it throws before the first word.
using Answer = std::function<int(const std::string& operand, TextOut& out, JsonOut* json)>;

/// An answer for each operand, or with --recursive for each model below it. As a JSON document it is an array
/// where there can be several. An Error is told and is status 2, and the others are still worth an answer.
/// Answers and errors are written in the order of the operands. Returns the worst status. Throws UsageError
/// without operands.
int answer_each(const AnswerOptions& options, const Answer& answer);

}  // namespace aerotool::cli
