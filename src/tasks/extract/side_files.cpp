#include "tasks/extract/side_files.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/directory_output.hpp"
#include "io/listing.hpp"
#include "io/output.hpp"
#include "tasks/patterns.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

[[noreturn]] void refuse_missing(const Model& model, const std::string& wanted,
                                 const std::vector<SideFile>& files) {
  std::vector<std::string> paths;
  for (const SideFile& file : files) paths.push_back(file.path);
  throw RequestError({model.path(), {}, {}},
                     "there is no side file '" + escape_controls(wanted) + "'; " +
                         (paths.empty() ? "it has none" : "there are " + listed(paths, kMaxListedSideFiles)));
}

/// None where a pattern matches nothing, which `nothing` says then.
std::vector<SideFile> selected(const Model& model, const std::vector<std::string>& names,
                               std::string& nothing) {
  const std::vector<SideFile> files = model.side_files().files;
  std::vector<bool> taken(files.size());
  for (const std::string& wanted : names) {
    const Pattern pattern(wanted);
    bool any = false;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (!pattern.matches(files[i].path)) continue;
      taken[i] = true;
      any = true;
    }
    if (any) continue;
    if (!pattern.has_wildcards()) refuse_missing(model, wanted, files);
    nothing = escape_controls(model.path()) + ": no side file matches '" + escape_controls(wanted) + "'";
    return {};
  }
  std::vector<SideFile> wanted;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (taken[i]) wanted.push_back(files[i]);
  }
  return wanted;
}

void write_one(const SideFile& file, const std::string& target) {
  io::Output output = target == "-" ? io::Output::to_stdout() : io::Output::to_path(target);
  output.require_space(file.size);
  // A stream cannot be taken back, so its bytes are held to their hash before they leave.
  if (!output.seekable()) static_cast<void>(digest_of(file));
  file.put([&](ByteSpan bytes) { output.write(bytes); });
  output.commit();
}

void write_below(const std::vector<SideFile>& files, const std::string& directory) {
  io::DirectoryOutput outputs(directory);
  outputs.require_space(total_size(files));
  for (const SideFile& file : files) {
    io::Output& output = outputs.add(file.path);
    file.put([&](ByteSpan bytes) { output.write(bytes); });
  }
  outputs.publish({}, {});
}

}  // namespace

Extracted extract_side_files(const Model& model, const std::vector<std::string>& wanted,
                             const std::string& output) {
  Extracted done;
  const std::vector<SideFile> files = selected(model, wanted, done.nothing);
  if (files.empty()) return done;
  if (const std::string problem = side_files_problem(files, {}); !problem.empty())
    throw CorruptError({model.path(), {}, {}}, problem, Code::name);
  const bool below = output.empty() || output.ends_with('/') ||
                     (output != "-" && io::type_of(output) == io::FileType::directory);
  if (below) {
    write_below(files, output.empty() ? "." : output);
  } else if (files.size() == 1) {
    write_one(files.front(), output);
  } else {
    throw RequestError(plural(files.size(), "side file") +
                       " do not go into one file; name a directory: " + escape_controls(output) + "/");
  }
  return done;
}

}  // namespace aerotool::tasks
