// aerotool merge: one model of several, by arithmetic on their weights.
#include "tasks/merge/merge.hpp"

#include <algorithm>

#include "cli/command.hpp"
#include "cli/conversion.hpp"
#include "cli/listener.hpp"
#include "core/error.hpp"
#include "core/numbers.hpp"
#include "tasks/merge/method.hpp"

namespace aerotool::commands {
namespace {

struct MergeOptions : cli::ConversionOptions {
  std::string output;
  std::string to;
  tasks::MergeRequest request;
};

/// All values of an option, as the request has them. The output's metadata holds them, as text.
auto all_into(std::vector<std::string> tasks::MergeRequest::*member, const char* option) {
  return [member, option](MergeOptions& options, const cli::Values& values) {
    for (const std::string& text : values) (options.request.*member).push_back(cli::utf8(option, text));
  };
}

auto last_into(std::optional<std::string> tasks::MergeRequest::*member) {
  return
      [member](MergeOptions& options, const cli::Values& values) { options.request.*member = values.back(); };
}

tasks::Missing missing_of(const std::string& text) {
  if (text == "error") return tasks::Missing::error;
  if (text == "first") return tasks::Missing::first;
  throw UsageError("--missing takes error or first, not '" + text + "'");
}

cli::Settings<MergeOptions> settings() {
  using enum Option::Argument;
  using Request = tasks::MergeRequest;
  cli::Settings<MergeOptions> all = {
      {{"output", 'o', required, "OUTPUT", "write the merged model here; - is standard output", {}},
       cli::sets(&MergeOptions::output)},
      {{"method", 0, required, "METHOD", "how the models are merged", tasks::method_names()},
       last_into(&Request::method)},
      {{"base", 0, required, "MODEL", "the model that the others were made of", {}},
       last_into(&Request::base)},
      {{"weight", 0, required, "VALUES", "of each model, or of all: VALUE[,VALUE...][:PATTERN]", {}},
       all_into(&Request::weight, "--weight")},
      {{"density", 0, required, "VALUES", "which part of the differences from the base is kept", {}},
       all_into(&Request::density, "--density")},
      {{"lambda", 0, required, "VALUE", "what the merged difference from the base is multiplied by", {}},
       all_into(&Request::lambda, "--lambda")},
      {{"t", 0, required, "VALUE", "of slerp: 0 is the base, 1 the other model", {}},
       all_into(&Request::t, "--t")},
      {{"seed", 0, required, "N", "of the random numbers of dare (default: 0)", {}},
       [](MergeOptions& options, const cli::Values& values) {
         options.request.seed = parse_count(values.back(), "--seed");
       }},
      {{"stack", 0, required, "LAYERS", "copy layers one below the other: A:0-16,B:8-24", {}},
       last_into(&Request::stack)},
      {{"config", 0, required, "FILE", "merge as this mergekit file says (YAML)", {}},
       last_into(&Request::config)},
      {{"missing",
        0,
        required,
        "WHAT",
        "a tensor that a model lacks is an error, or the first model's",
        {"error", "first"}},
       [](MergeOptions& options, const cli::Values& values) {
         options.request.missing = missing_of(values.back());
       }}};
  cli::append(all, cli::reading_settings());
  all.push_back({{"to", 0, required, "FORMAT", "write this format (default: as the extension says)",
                  tasks::writable_formats()},
                 cli::sets(&MergeOptions::to)});
  all.push_back(
      {{"dtype", 0, required, "TYPE[:PATTERN]", "write floats as this type: bf16, f16, f32, ...", {}},
       all_into(&Request::dtypes, "--dtype")});
  all.push_back({{"strict", 0, none, "", "fail where a value is too large for its type", {}},
                 cli::sets(&MergeOptions::strict)});
  all.emplace_back(cli::dry_run_setting());
  all.emplace_back(cli::json_of_result_setting());
  cli::append(all, cli::format_settings(tasks::write_options()));
  cli::append(all, cli::output_settings());
  return all;
}

int run(const MergeOptions& options) {
  if (options.output.empty()) throw UsageError("missing -o OUTPUT; see 'aerotool help merge'");
  tasks::MergeRequest request = options.request;
  request.models = options.operands;
  auto streams = static_cast<std::size_t>(std::count(request.models.begin(), request.models.end(), "-"));
  if (request.base == "-") ++streams;
  if (streams > 1) throw UsageError("'-' may be given only once");
  if (!request.config) cli::require_operands(options, 1, "MODEL");
  request.read = options.read;
  request.target = tasks::target_of(options.output, options.to, options.write);
  cli::require_room_for_json(options, request.target);
  request.strict = options.strict;
  request.dry_run = options.dry_run;
  request.side_files = options.side_files;
  request.force = options.force;
  request.name = options.name;
  request.architecture = options.architecture;
  request.options = options.write;
  request.jobs = options.jobs;
  const auto merge = tasks::plan_merge(request, cli::listener(options));
  return cli::run_conversion(options, request.target, *merge);
}

}  // namespace

const cli::Command& merge_command() {
  static const cli::Command command = cli::command<MergeOptions, settings, run>(
      "merge", "Make one model of several, by arithmetic on their weights", "MODEL... -o OUTPUT");
  return command;
}

}  // namespace aerotool::commands
