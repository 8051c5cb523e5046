// aerotool extract: a tensor's bytes out.
#include "tasks/extract/extract.hpp"
#include "cli/command.hpp"
#include "cli/listener.hpp"
#include "cli/models.hpp"
#include "cli/numbers.hpp"
#include "cli/terminal.hpp"
#include "core/error.hpp"
#include "tasks/extract/side_files.hpp"

namespace aerotool::commands {
namespace {

std::vector<cli::Option> options() {
  using enum cli::Option::Argument;
  return {{"output",
           'o',
           required,
           "PATH",
           "a file, a directory, or - for standard output (default: files here)",
           {}},
          {"concat", 0, none, "", "several tensors into one file, one behind the other", {}},
          {"format",
           0,
           required,
           "FORMAT",
           "raw bytes, or npy for NumPy (default: raw, npy for -o *.npy)",
           {"raw", "npy"}},
          {"bytes", 0, required, "BEGIN:END", "only these bytes of one tensor", {}},
          {"file", 0, required, "PATH", "side files of this path or pattern; may be given several times", {}},
          cli::from_option(),
          cli::follow_links_option()};
}

tasks::ByteRange parse_range(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) throw UsageError("--bytes takes BEGIN:END, not '" + text + "'");
  tasks::ByteRange range;
  range.text = text;
  if (colon != 0) range.begin = cli::parse_size(text.substr(0, colon), "--bytes");
  if (colon + 1 != text.size()) range.end = cli::parse_size(text.substr(colon + 1), "--bytes");
  return range;
}

tasks::ExtractRequest::Form form_of(const std::string& format) {
  using enum tasks::ExtractRequest::Form;
  if (format.empty()) return by_name;
  return format == "npy" ? npy : raw;
}

/// The status of what was extracted.
int told(const tasks::Extracted& done) {
  if (done.nothing.empty()) return 0;
  cli::complain(done.nothing);
  return 1;
}

int run_side_files(const cli::Arguments& arguments) {
  if (arguments.operands().size() != 1)
    throw UsageError("--file takes side files of one MODEL, and no tensors beside them");
  for (const char* option : {"format", "bytes"}) {
    if (arguments.has(option))
      throw UsageError("--" + std::string(option) + " is for tensors, not for --file");
  }
  const auto model = cli::open(arguments, arguments.operands().front());
  return told(tasks::extract_side_files(*model, arguments.all("file"), arguments.get("output")));
}

int run(const cli::Arguments& arguments) {
  if (arguments.has("file")) return run_side_files(arguments);
  arguments.require_operands(2, "MODEL or TENSOR");
  tasks::ExtractRequest request;
  request.tensors = {arguments.operands().begin() + 1, arguments.operands().end()};
  request.output = arguments.get("output");
  request.form = form_of(arguments.get("format"));
  request.concat = arguments.has("concat");
  if (arguments.has("bytes")) request.bytes = parse_range(arguments.get("bytes"));
  request.jobs = cli::jobs(arguments);
  const auto model = cli::open(arguments, arguments.operands().front());
  return told(tasks::extract(*model, request, cli::listener(arguments)));
}

}  // namespace

const cli::Command& extract_command() {
  static const cli::Command command = {
      "extract", "Write tensors' bytes to files or to standard output", "MODEL TENSOR...", options, run,
      true};
  return command;
}

}  // namespace aerotool::commands
