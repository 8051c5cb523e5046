#include "tasks/set_plan/planned_check.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"
#include "tasks/open.hpp"
#include "tasks/request_error.hpp"
#include "tasks/set_plan/planned_inputs.hpp"

namespace aerotool::tasks {
namespace {

std::string directory_of(const ReadPlan& plan) {
  return io::directory_of(plan.path);
}

/// A file can have any path; its number is a name.
std::string verdict_name(std::size_t part) {
  return std::to_string(part) + ".verdict.json";
}

std::optional<Verdict> verdict_of(const io::SharedDirectory& staging, const ReadPlan& plan,
                                  std::size_t part) {
  const std::string name = verdict_name(part);
  const auto text = staging.text_of(name, kMaxVerdictBytes);
  if (!text) return std::nullopt;
  try {
    Verdict verdict = read_verdict(*text, io::path_in(staging.path(), name));
    if (verdict.plan == plan.id && verdict.file == plan.document.parts[part].file) return verdict;
  } catch (const ContentError&) {  // the file is to be checked again
  }
  return std::nullopt;
}

PlanDocument document_of(const Model& model, const PlannedCommand& command) {
  PlanDocument document;
  document.command = command;
  document.inputs = planned_inputs({&model});
  for (const std::string& file : model.files_to_check()) {
    const auto input = std::ranges::find(document.inputs, file, &PlannedInput::path);
    document.parts.push_back(
        {replaced_where_not_utf8(file), input == document.inputs.end() ? 0 : input->size, {}});
  }
  return document;
}

}  // namespace

PlanDocument plan_check(const CheckRequest& request, const PlannedCommand& command,
                        const Listener& listener) {
  Report untold(Report::Mode::judge);
  const auto model = open(request.path, request.read, listener, untold);
  PlanDocument document = document_of(*model, command);
  if (document.parts.empty())
    throw RequestError({model->path(), {}, {}}, "is checked as one; a plan divides a model of several files");
  return document;
}

PlanStatus status_of_check(const ReadPlan& plan) {
  PlanStatus status;
  status.parts = plan.document.parts.size();
  const auto staging = find_staging(directory_of(plan), plan.id);
  for (std::size_t i = 0; i < status.parts; ++i) {
    if (!staging || !verdict_of(*staging, plan, i)) status.missing.push_back(i);
  }
  return status;
}

Verdict check_part(const CheckRequest& request, const ReadPlan& plan, std::size_t part,
                   const Listener& listener) {
  // What is wrong with the model as a whole is for whoever sums up.
  Report untold(Report::Mode::judge);
  const auto model = open(request.path, request.read, listener, untold);
  require_same_plan(plan, document_of(*model, plan.document.command));
  const auto staging = make_staging(directory_of(plan), plan.id);
  if (auto there = verdict_of(staging, plan, part)) {
    listener.note("part " + std::to_string(part) + " is there already");
    return std::move(*there);
  }
  Verdict verdict;
  verdict.plan = plan.id;
  verdict.file = plan.document.parts[part].file;
  verdict.size = plan.document.parts[part].bytes;
  listener.follow("part " + std::to_string(part), [&](io::Progress* progress) {
    const CheckOptions options{.level = request.level,
                               .jobs = request.jobs,
                               .progress = progress,
                               .values = request.values,
                               .sha256 = {},
                               .tally = &verdict.tally};
    model->check_one_file(part, options, verdict.report);
  });
  model->require_unchanged();
  staging.put(verdict_name(part), render_verdict(verdict));
  return verdict;
}

Judgement sum_up(const CheckRequest& request, const ReadPlan& plan, const Listener& listener) {
  const auto staging = make_staging(directory_of(plan), plan.id);
  return judge(request, listener, [&](const Model& model, const CheckOptions& options, Report& report) {
    require_same_plan(plan, document_of(model, plan.document.command));
    for (std::size_t i = 0; i < plan.document.parts.size(); ++i) {
      auto verdict = verdict_of(staging, plan, i);
      if (!verdict) throw RequestError({plan.path, {}, {}}, "part " + std::to_string(i) + " is missing");
      report.absorb(verdict->report);
      options.tally->add(std::move(verdict->tally));
    }
    return true;
  });
}

void clear_check(const ReadPlan& plan) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < plan.document.parts.size(); ++i) names.push_back(verdict_name(i));
  clear_staging(directory_of(plan), plan.id, names);
}

}  // namespace aerotool::tasks
