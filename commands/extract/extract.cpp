// aerotool extract: a tensor's bytes out.
#include "tasks/extract/extract.hpp"
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/listener.hpp"
#include "cli/models.hpp"
#include "cli/terminal.hpp"
#include "core/error.hpp"
#include "core/numbers.hpp"
#include "tasks/extract/side_files.hpp"
#include "tasks/local_output.hpp"
#include "transfer/held_files.hpp"

namespace aerotool::commands {
namespace {

struct ExtractOptions : cli::ReadingOptions {
  std::string output;
  bool concat = false;
  std::optional<tasks::ExtractRequest::Form> form;
  std::optional<tasks::ByteRange> bytes;
  std::vector<std::string> files;
};

tasks::ByteRange parse_range(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) throw UsageError("--bytes takes BEGIN:END, not '" + text + "'");
  tasks::ByteRange range;
  range.text = text;
  if (colon != 0) range.begin = parse_size(text.substr(0, colon), "--bytes");
  if (colon + 1 != text.size()) range.end = parse_size(text.substr(colon + 1), "--bytes");
  return range;
}

tasks::ExtractRequest::Form parse_form(const std::string& text) {
  using enum tasks::ExtractRequest::Form;
  if (text == "raw") return raw;
  return text == "npy" ? npy : npz;
}

cli::Settings<ExtractOptions> settings() {
  using enum Option::Argument;
  cli::Settings<ExtractOptions> all = {
      {{"output",
        'o',
        required,
        "PATH",
        "a file, a directory, or - for standard output (default: files here)",
        {}},
       cli::sets(&ExtractOptions::output)},
      {{"concat", 0, none, "", "several tensors into one file, one behind the other", {}},
       cli::sets(&ExtractOptions::concat)},
      {{"format",
        0,
        required,
        "FORMAT",
        "raw, npy for NumPy, npz for SciPy (default: raw, npy or npz by -o)",
        {"raw", "npy", "npz"}},
       cli::sets(&ExtractOptions::form, parse_form)},
      {{"bytes", 0, required, "BEGIN:END", "only these bytes of one tensor", {}},
       cli::sets(&ExtractOptions::bytes, parse_range)},
      {{"file", 0, required, "PATH", "side files of this path or pattern; may be given several times", {}},
       cli::sets(&ExtractOptions::files)}};
  cli::append(all, cli::reading_settings());
  all.emplace_back(cli::sha256_setting());
  return all;
}

/// The status of what was extracted.
int told(const tasks::Extracted& done) {
  if (done.nothing.empty()) return 0;
  cli::complain(done.nothing);
  return 1;
}

/// What the whole file has to be is known before anything of it is written.
std::unique_ptr<Model> open(const ExtractOptions& options) {
  tasks::require_local(options.output);
  auto model = cli::open(options, options.operands.front());
  if (options.read.sha256) require_sha256(*model);
  return model;
}

int run_side_files(const ExtractOptions& options) {
  if (options.operands.size() != 1)
    throw UsageError("--file takes side files of one MODEL, and no tensors beside them");
  if (options.form) throw UsageError("--format is for tensors, not for --file");
  if (options.bytes) throw UsageError("--bytes is for tensors, not for --file");
  const auto model = open(options);
  return told(tasks::extract_side_files(*model, options.files, options.output));
}

int run(const ExtractOptions& options) {
  if (!options.files.empty()) return run_side_files(options);
  cli::require_operands(options, 2, "MODEL or TENSOR");
  const tasks::ExtractRequest request = {.tensors = {options.operands.begin() + 1, options.operands.end()},
                                         .output = options.output,
                                         .form = options.form.value_or(tasks::ExtractRequest::Form::by_name),
                                         .concat = options.concat,
                                         .bytes = options.bytes,
                                         .jobs = options.jobs};
  const auto model = open(options);
  return told(tasks::extract(*model, request, cli::listener(options)));
}

}  // namespace

const cli::Command& extract_command() {
  static const cli::Command command = cli::command<ExtractOptions, settings, run>(
      "extract", "Write tensors' bytes to files or to standard output", "MODEL TENSOR...", true);
  return command;
}

}  // namespace aerotool::commands
