#include "tasks/convert/target.hpp"

#include <algorithm>

#include "hub/content_name.hpp"
#include "io/listing.hpp"
#include "registry/registry.hpp"
#include "tasks/local_output.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::string_view kSetFormat = "aeroset";

/// The kinds of a format that are written.
struct Kinds {
  std::string name;
  const Writer* writer = nullptr;
  const SetWriter* set_writer = nullptr;
};

Kinds kinds_of(std::string_view name) {
  Kinds kinds;
  kinds.name = name;
  for (const Format* format : formats_named(name)) {
    if (kinds.writer == nullptr) kinds.writer = format->writer();
    if (kinds.set_writer == nullptr) kinds.set_writer = format->set_writer();
  }
  return kinds;
}

RequestError wrong_output(const std::string& output, const std::string& why) {
  return {{output.empty() ? "''" : output, {}, {}}, why};
}

/// The kinds that OUTPUT's extension says, for a file.
Kinds kinds_of_extension(const std::string& output) {
  const Format* format = format_of_extension(output);
  if (format == nullptr || !format->is_written_as(output))
    throw wrong_output(output, "cannot tell the format from the extension; use --to");
  const std::string name(format->name());
  Kinds kinds = kinds_of(name);
  if (kinds.writer == nullptr && kinds.set_writer == nullptr)
    throw wrong_output(output, name + " can be read but not written");
  if (format->writer() == nullptr && kinds.set_writer == nullptr)
    throw wrong_output(output, name + " is written to one file, without an index");
  if (format->writer() == nullptr)
    throw wrong_output(output, "is written with other files: give their directory, and --to " + name);
  return kinds;
}

/// Refuses what the options ask for in vain.
void require_supported(const WriteOptions& options, const Kinds& kinds, const WriteOptionList& supported) {
  for (const AnyWriteOption* option : options.given()) {
    if (std::find(supported.begin(), supported.end(), option) != supported.end()) continue;
    const std::string name = option->description.long_form();
    if (option != &write::max_shard_bytes())
      throw RequestError(name + " is not supported when writing " + kinds.name);
    throw RequestError(name + ": " + kinds.name +
                       (kinds.set_writer == nullptr
                            ? " has no shards"
                            : " is divided into files, so OUTPUT must be a directory"));
  }
}

}  // namespace

std::vector<std::string_view> writable_formats() {
  std::vector<std::string_view> names;
  for (const Format* format : formats()) {
    const bool written = format->writer() != nullptr || format->set_writer() != nullptr;
    if (written && std::find(names.begin(), names.end(), format->name()) == names.end())
      names.push_back(format->name());
  }
  return names;
}

WriteOptionList write_options() {
  WriteOptionList options;
  for (const Format* format : formats()) {
    if (const Writer* writer = format->writer()) add_new(options, writer->options());
    if (const SetWriter* writer = format->set_writer()) add_new(options, writer->options());
  }
  return options;
}

WriteOptionList set_options() {
  return kinds_of(kSetFormat).set_writer->options();
}

Target target_of(const std::string& output, const std::string& to, const WriteOptions& options) {
  require_local(output);
  const bool stream = output == "-";
  if (to.empty() && stream) throw RequestError("standard output needs --to to choose the format");
  const bool directory = !stream && (output.ends_with('/') || io::type_of(output) == io::FileType::directory);
  if (to.empty() && directory) throw wrong_output(output, "is a directory; use --to to choose the format");
  const Kinds kinds = to.empty() ? kinds_of_extension(output) : kinds_of(to);
  if (stream && kinds.writer == nullptr)
    throw RequestError(to + " is written to a directory, not to a stream");

  // Only a directory can be divided into files; a name that says nothing else is one's.
  const bool divided = !to.empty() && !stream && kinds.set_writer != nullptr &&
                       options.has(write::max_shard_bytes()) && format_of_extension(output) == nullptr;
  const bool several = directory || divided || kinds.writer == nullptr;
  if (several && kinds.set_writer == nullptr)
    throw wrong_output(output, "is a directory; " + kinds.name + " is written to one file");
  if (!several && hub::promised_sha256(output)) {
    throw wrong_output(output, "is stored under the hash of its content, in a cache; write to another file");
  }
  Target target;
  target.path = output;
  target.format = kinds.name;
  if (several) {
    target.set_writer = kinds.set_writer;
  } else {
    target.writer = kinds.writer;
  }
  require_supported(options, kinds, several ? kinds.set_writer->options() : kinds.writer->options());
  return target;
}

Target set_target(const std::string& directory) {
  require_local(directory);
  if (directory == "-") throw RequestError("a set is a directory of files; it cannot go to standard output");
  Target target;
  target.path = directory;
  target.format = kSetFormat;
  target.set_writer = kinds_of(kSetFormat).set_writer;
  return target;
}

}  // namespace aerotool::tasks
