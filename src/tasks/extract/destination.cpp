#include "tasks/extract/destination.hpp"

#include <algorithm>

#include "io/listing.hpp"
#include "io/made_directories.hpp"
#include "io/separate_outputs.hpp"
#include "registry/related_files.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {

bool Destination::is_one_file() const {
  if (path_.empty() || path_.ends_with('/')) return false;
  return is_standard_output() || io::type_of(path_) != io::FileType::directory;
}

void Destination::require_other_files(const Model& model, const std::vector<std::string>& names) const {
  std::vector<std::string> paths;
  if (!is_one_file()) {
    for (const std::string& name : names) paths.push_back(io::path_in(path_.empty() ? "." : path_, name));
  } else if (!is_standard_output()) {
    paths.push_back(path_);
  }
  std::erase_if(paths, [](const std::string& path) { return io::type_of(path) != io::FileType::regular; });
  if (paths.empty()) return;
  const RelatedFiles related({&model});
  for (const std::string& path : paths) {
    const RelatedFiles::Found found = related.find(path);
    if (found.relation == RelatedFiles::Relation::none) continue;
    const bool own = found.relation == RelatedFiles::Relation::own;
    throw RequestError({path, {}, {}},
                       std::string(own ? "is a file of the model" : "belongs to the same set as the model") +
                           " that is read; name another output");
  }
}

void Destination::write(const std::vector<std::string>& names, const Write& write) const {
  if (is_one_file()) {
    io::Output output = is_standard_output() ? io::Output::to_stdout() : io::Output::to_path(path_);
    write(0, output);
    output.commit();
    return;
  }
  io::MadeDirectories made;
  if (!path_.empty()) made.make_one(path_);
  const io::SeparateOutputs outputs(path_, names);
  for (std::size_t i = 0; i < names.size(); ++i)
    outputs.put(names[i], [&](io::Output& output) { write(i, output); });
  outputs.sync();
}

}  // namespace aerotool::tasks
