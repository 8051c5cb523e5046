#include "cli/set_plan.hpp"

#include "cli/json_out.hpp"
#include "cli/listener.hpp"
#include "cli/text_out.hpp"
#include "core/error.hpp"
#include "tasks/set_plan/planned_set.hpp"

namespace aerotool::cli {
namespace {

void print_published(const tasks::ConvertRequest& request, const tasks::ReadPlan& plan) {
  TextOut out;
  JsonOut json(out);
  json.begin_object();
  json.name_member("path", request.target.path);
  json.member("format", request.target.format);
  json.member("id", plan.id);
  json.member("parts", plan.document.parts.size());
  json.end_object();
  json.finish();
  out.finish();
}

int publish(const PlanLine& line, const tasks::ConvertRequest& request, const tasks::ReadPlan& plan,
            const tasks::Listener& listener) {
  const std::string& directory = request.target.path;
  const tasks::PlanStatus status = tasks::publish_set(request, plan, line.full, listener);
  if (!status.missing.empty()) return complain_of_parts(directory, status.parts, status.missing, "missing");
  if (!status.damaged.empty()) return complain_of_parts(directory, status.parts, status.damaged, "damaged");
  if (line.json) print_published(request, plan);
  return 0;
}

}  // namespace

void require_no_full(const ParsedLine& line) {
  if (line.values.contains("full")) throw UsageError("--full is of no use without --publish");
}

int run_set_plan(const PlanLine& plan, const ParsedLine& line, const std::vector<Option>& options,
                 const RequestOf& request_of) {
  const tasks::Listener listener = cli::listener(line.common);
  if (plan.step == PlanStep::write) {
    require_no_full(line);
    const tasks::PlannedCommand command = planned_command(line);
    return put_plan(plan, tasks::plan_set(request_of(line), command, listener));
  }
  const tasks::ReadPlan read = tasks::read_plan(plan.path);
  const tasks::ConvertRequest request =
      of_plan(read, [&] { return request_of(planned_line(read, line, options)); });
  const std::string& directory = request.target.path;
  switch (plan.step) {
    case PlanStep::part:
      tasks::write_parts(request, read, plan.parts, listener);
      return 0;
    case PlanStep::status: {
      const tasks::PlanStatus status = tasks::status_of_set(directory, read);
      return tell_status(plan, read, status.missing, status.published);
    }
    case PlanStep::publish:
      return publish(plan, request, read, listener);
    default:
      tasks::clear_set(directory, read);
      return 0;
  }
}

}  // namespace aerotool::cli
