#include "cli/answers.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "cli/terminal.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "registry/model_tree.hpp"

namespace aerotool::cli {
namespace {

constexpr const char* kLines = "lines";

/// Where the answers go: text, a JSON document, or JSON lines.
class AnswerSheet {
 public:
  AnswerSheet(const AnswerOptions& options, bool several)
      : lines_(options.json == JsonForm::lines), in_array_(several && !lines_) {
    if (options.json != JsonForm::none) begin_json();
    if (json_ && in_array_) json_->begin_array();
  }

  int put(const std::string& operand, const Answer& answer) { return answer(operand, out_, json_.get()); }

  void put_error(const std::string& operand, const char* what) {
    if (!json_) return;
    json_->begin_object();
    json_->name_member("path", operand);
    json_->member("error", what);
    json_->end_object();
  }

  /// Behind each answer: what is said of the next one on standard error comes after it.
  void end_answer() {
    if (json_ && lines_) {
      json_->finish();
      begin_json();
    }
    if (json_) json_->flush();
    out_.finish();
  }

  void put_line(const std::string& line) {
    if (!json_) out_.line(line);
  }

  void finish() {
    if (json_ && in_array_) json_->end_array();
    if (json_ && !lines_) json_->finish();
    out_.finish();
  }

 private:
  void begin_json() { json_ = std::make_unique<JsonOut>(out_); }

  bool lines_;
  bool in_array_;
  TextOut out_;
  std::unique_ptr<JsonOut> json_;
};

std::vector<FoundModel> as_they_are(const std::vector<std::string>& operands) {
  std::vector<FoundModel> models;
  for (const std::string& operand : operands) models.push_back({operand, {}});
  return models;
}

}  // namespace

Option json_option(std::string_view help) {
  return {"json", 0, Option::Argument::optional, "FORM", help, {"document", kLines}, "document"};
}

JsonForm parse_json_form(const std::string& text) {
  return text == kLines ? JsonForm::lines : JsonForm::document;
}

Setting<AnswerOptions> json_setting() {
  return {json_option("a JSON document (an array for several models), or one object a line"),
          sets(&AnswerOptions::json, parse_json_form)};
}

Setting<AnswerOptions> recursive_setting() {
  return {{"recursive", 'r', Option::Argument::none, "", "every model in the directories and below them", {}},
          sets(&AnswerOptions::recursive)};
}

int answer_each(const AnswerOptions& options, const Answer& answer) {
  const std::vector<std::string>& operands = options.operands;
  require_operands(options, 1, "MODEL");
  const bool recursive = options.recursive;
  const std::vector<FoundModel> models = recursive ? models_below(operands) : as_they_are(operands);
  AnswerSheet sheet(options, recursive || operands.size() > 1);
  int worst = 0;
  std::uint64_t failed = 0;
  const auto refuse = [&](const std::string& path, const std::string& error) {
    complain(error);
    sheet.put_error(path, error.c_str());
    return 2;
  };
  for (const FoundModel& model : models) {
    int status = 0;
    try {
      status = model.error.empty() ? sheet.put(model.path, answer) : refuse(model.path, model.error);
    } catch (const Error& error) {
      status = refuse(model.path, error.what());
    }
    sheet.end_answer();
    worst = std::max(worst, status);
    if (status != 0) ++failed;
  }
  if (recursive && options.quiet == 0)
    sheet.put_line(with_thousands(failed) + " of " + with_thousands(models.size()) + " failed");
  sheet.finish();
  return worst;
}

}  // namespace aerotool::cli
