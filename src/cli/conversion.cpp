#include "cli/conversion.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "cli/listener.hpp"
#include "cli/plan_text.hpp"
#include "cli/terminal.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "tasks/convert/convert.hpp"

namespace aerotool::cli {
namespace {

tasks::ConvertRequest request_of(const ConversionOptions& options, tasks::Target target) {
  tasks::ConvertRequest request;
  request.inputs = {options.operands.begin(), options.operands.end() - 1};
  if (std::count(request.inputs.begin(), request.inputs.end(), "-") > 1)
    throw UsageError("'-' may be given only once");
  if (options.read.sha256 && request.inputs.size() > 1) throw UsageError("--sha256 is for one INPUT");
  request.read = options.read;
  request.target = std::move(target);
  request.include = options.include;
  request.exclude = options.exclude;
  request.renames = options.renames;
  request.side_files = options.side_files;
  request.force = options.force;
  request.name = options.name;
  request.architecture = options.architecture;
  request.options = options.write;
  request.jobs = options.jobs;
  return request;
}

void print_result(const std::string& output, const tasks::Conversion& conversion,
                  const tasks::Converted& done) {
  const SetResult& files = done.files;
  if (!files.kept.empty()) {
    complain(escape_controls(output) + ": kept " + std::to_string(files.kept.size()) + " of " +
             plural(files.kept.size() + files.written.size(), "file") + " (already complete)");
  }
  if (stderr_is_terminal()) {
    std::fprintf(stderr, "%s: %s, %s in %.1f s\n", escape_controls(output).c_str(),
                 plural(conversion.plan().tensors.size(), "tensor").c_str(), human_size(done.bytes).c_str(),
                 done.seconds);
  }
}

}  // namespace

int run_conversion(const ConversionOptions& options, tasks::Target target) {
  const std::string output = target.path;
  tasks::Conversion conversion(request_of(options, std::move(target)), listener(options));
  if (options.dry_run) {
    print_plan(output, conversion.plan(), conversion.summary(), conversion.existing());
    conversion.require_replaceable();
    return 0;
  }
  const tasks::Converted done = conversion.write();
  if (options.quiet == 0) print_result(output, conversion, done);
  return 0;
}

}  // namespace aerotool::cli
