#include "io/separate_outputs.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "io/directory.hpp"
#include "io/temporaries.hpp"

namespace aerotool::io {

SeparateOutputs::SeparateOutputs(std::string directory, const std::vector<std::string>& names)
    : path_(std::move(directory)), directory_(open_directory(path_.empty() ? "." : path_)) {
  remove_stale(directory_->get(), names);
}

void SeparateOutputs::put(const std::string& name, const std::function<void(Output&)>& write) const {
  const std::string path = path_ + (path_.empty() || path_.ends_with('/') ? "" : "/") + name;
  struct stat status {};
  const bool there = ::fstatat(directory_->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (there && !S_ISREG(status.st_mode)) {
    Output output = Output::to_path(path);
    write(output);
    output.commit();
    return;
  }
  Output output = Output::in_directory(directory_, name, path);
  write(output);
  output.finish();
  output.place();
}

void SeparateOutputs::sync() const {
  sync_directory(*directory_, path_.empty() ? "." : path_);
}

}  // namespace aerotool::io
