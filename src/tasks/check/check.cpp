#include "tasks/check/check.hpp"

#include "core/error.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

/// 0 where all bytes are under some hash.
std::uint64_t tensors_hashed(const Overview& view) {
  std::uint64_t count = 0;
  for (const Integrity& integrity : view.integrity) {
    if (integrity.covers != Integrity::Covers::tensors || integrity.count == 0) return 0;
    count += integrity.count;
  }
  return count;
}

void check(const Model& model, const CheckRequest& request, const CheckModel& check_model,
           io::Progress* progress, Judgement& judgement) {
  const CheckOptions options{.level = request.level,
                             .jobs = request.jobs,
                             .progress = progress,
                             .values = request.values,
                             .sha256 = request.sha256,
                             .tally = &judgement.tally};
  if (!options.sha256.empty() && !model.overview().files.empty()) {
    throw RequestError({model.path(), {}, {}}, "the model is several files, and --sha256 is for one file");
  }
  if (check_model(model, options, judgement.report)) return;
  judgement.report.fault(Code::no_hash, Where{model.path(), {}, {}},
                         "there is no control-plane hash in it: nothing was checked");
}

}  // namespace

Judgement judge(const CheckRequest& request, const Listener& listener) {
  return judge(request, listener, [](const Model& model, const CheckOptions& options, Report& report) {
    return model.check(options, report);
  });
}

Judgement judge(const CheckRequest& request, const Listener& listener, const CheckModel& check_model) {
  Judgement judgement;
  judgement.path = request.path == "-" ? "standard input" : request.path;
  Report& report = judgement.report;
  std::unique_ptr<Model> model;
  try {
    // The control-plane hash alone: what else opening the file finds is for the other levels.
    Report unasked(Report::Mode::judge);
    model =
        open(request.path, request.read, listener, request.level == CheckLevel::control ? unasked : report);
    listener.follow(
        {}, [&](io::Progress* progress) { check(*model, request, check_model, progress, judgement); });
  } catch (const ContentError& error) {
    report.fault(error.code(), error.where(), error.message());
  }
  if (model) {
    model->require_unchanged();
    const Overview view = model->overview();
    judgement.path = model->path();
    judgement.format = view.format;
    judgement.version = view.version;
    judgement.hashed_tensors = tensors_hashed(view);
    judgement.hashed = !view.integrity.empty() && judgement.hashed_tensors == 0;
    judgement.tensors = model->tensors().size();
  }
  return judgement;
}

}  // namespace aerotool::tasks
