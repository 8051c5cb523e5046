#include "cli/conversion.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "cli/json_out.hpp"
#include "cli/listener.hpp"
#include "cli/plan_text.hpp"
#include "cli/terminal.hpp"
#include "cli/text_out.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "tasks/convert/convert.hpp"

namespace aerotool::cli {
namespace {

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

void print_json(const tasks::Conversion& conversion, const tasks::Target& target,
                const tasks::Converted& done) {
  TextOut out;
  JsonOut json(out);
  json.begin_object();
  json.name_member("path", target.path);
  json.member("format", target.format);
  json.member("tensors", conversion.plan().tensors.size());
  json.member("bytes", done.bytes);
  if (target.set_writer != nullptr) {
    const auto name = [&](const std::string& file) { json.text(file); };
    json.array_member("written", done.files.written, name);
    json.array_member("kept", done.files.kept, name);
  }
  json.objects_member("converted", conversion.computed(), [&](const tasks::ComputedTensor& tensor) {
    json.name_member("name", tensor.name);
    json.member("from", tensor.from);
    json.member("to", tensor.to.name());
    if (!tensor.tally) return;
    const CastCounts counts = tensor.tally->counts();
    json.member("clipped", counts.clipped);
    json.member("flushed", counts.flushed);
    json.member("nan", counts.nan);
  });
  json.end_object();
  json.finish();
  out.finish();
}

}  // namespace

tasks::ConvertRequest conversion_request(const ConversionOptions& options, tasks::Target target) {
  tasks::ConvertRequest request;
  request.inputs = {options.operands.begin(), options.operands.end() - 1};
  if (std::count(request.inputs.begin(), request.inputs.end(), "-") > 1)
    throw UsageError("'-' may be given only once");
  if (options.read.sha256 && request.inputs.size() > 1) throw UsageError("--sha256 is for one INPUT");
  request.read = options.read;
  request.target = std::move(target);
  request.include = options.include;
  request.exclude = options.exclude;
  request.dtypes = options.dtypes;
  request.dequantize = options.dequantize;
  request.strict = options.strict;
  request.renames = options.renames;
  request.set = options.set;
  request.unset = options.unset;
  request.side_files = options.side_files;
  request.force = options.force;
  request.name = options.name;
  request.architecture = options.architecture;
  request.options = options.write;
  request.jobs = options.jobs;
  return request;
}

void require_room_for_json(const ConversionOptions& options, const tasks::Target& target) {
  if (options.json && target.path == "-") throw UsageError("--json: standard output takes the model already");
  if (options.json && options.dry_run)
    throw UsageError("--json and --dry-run: nothing is written to tell of");
}

int run_conversion(const ConversionOptions& options, const tasks::Target& target) {
  require_room_for_json(options, target);
  tasks::Conversion conversion(conversion_request(options, target), listener(options));
  return run_conversion(options, target, conversion);
}

int run_conversion(const ConversionOptions& options, const tasks::Target& target,
                   tasks::Conversion& conversion) {
  const std::string output = target.path;
  if (options.dry_run) {
    print_plan(output, conversion.plan(), conversion.summary(), conversion.existing());
    conversion.require_replaceable();
    return 0;
  }
  const tasks::Converted done = conversion.write();
  if (options.json) print_json(conversion, target, done);
  if (options.quiet == 0) print_result(output, conversion, done);
  return 0;
}

}  // namespace aerotool::cli
