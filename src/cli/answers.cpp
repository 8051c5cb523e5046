#include "cli/answers.hpp"

#include <algorithm>

#include "cli/terminal.hpp"
#include "core/error.hpp"

namespace aerotool::cli {

int answer_each(const Arguments& arguments, const Answer& answer) {
  if (arguments.operands().empty()) throw UsageError("which model?");
  const bool as_json = arguments.has("json");
  const bool several = arguments.operands().size() > 1;
  TextOut out;
  JsonOut json(out);
  if (as_json && several) json.begin_array();
  int worst = 0;
  for (const std::string& operand : arguments.operands()) {
    try {
      worst = std::max(worst, answer(operand, out, as_json ? &json : nullptr));
    } catch (const Error& error) {
      complain(error.what());
      worst = 2;
      if (!as_json) continue;
      json.begin_object();
      json.name_member("path", operand);
      json.member("error", error.what());
      json.end_object();
    }
  }
  if (as_json && several) json.end_array();
  if (as_json) json.finish();
  out.finish();
  return worst;
}

}  // namespace aerotool::cli
