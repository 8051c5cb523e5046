#include "io/beside.hpp"

#include <cerrno>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/listing.hpp"
#include "io/spool.hpp"

namespace aerotool::io {

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_of_descriptors(const std::string& path) {
  const std::string directory = directory_of(path);
  return directory == "/dev" || directory.starts_with("/dev/fd") || directory.starts_with("/proc/");
}

void require_directory(const std::string& index) {
  if (index != kStandardInput && !is_of_descriptors(index)) return;
  throw UsageError(describe({index, {}, {}}, "an index needs its files beside it: name it by its path"));
}

std::string path_problem(std::string_view relative) {
  if (relative.empty()) return "is empty";
  if (relative.find('\0') != std::string_view::npos) return "has a NUL in it";
  if (relative.starts_with('/')) return "is absolute";
  std::string_view rest = relative;
  while (!rest.empty()) {
    const auto slash = rest.find('/');
    if (rest.substr(0, slash) == "..") return "leads out of the directory";
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return {};
}

std::shared_ptr<Input> open_beside(const std::string& index, const std::string& relative) {
  const auto refuse = [&](const std::string& why, Code code = Code::path) {
    throw CorruptError({index, {}, {}}, "the path '" + escape_controls(shortened(relative)) + "' " + why,
                       code);
  };
  if (const std::string problem = path_problem(relative); !problem.empty()) refuse(problem);
  const std::string directory = directory_of(index);
  const std::string path =
      index.find('/') == std::string::npos ? relative : directory + (directory == "/" ? "" : "/") + relative;
  const std::string base = real_path(directory);
  if (base.empty()) throw system_error(directory, "open", errno);
  const std::string target = real_path(path);
  if (target.empty()) {
    if (errno == ENOENT || errno == ENOTDIR) refuse("names a file that is not there", Code::missing);
    // No file can ever be there: it is the index, or what lies beside it, that is wrong.
    if (errno == ENAMETOOLONG) refuse("is too long");
    if (errno == ELOOP) refuse("leads into a circle of symbolic links");
    throw system_error(path, "open", errno);
  }
  if (target != base && !target.starts_with(base.ends_with('/') ? base : base + "/"))
    refuse("is a symbolic link that leads out of the directory");
  if (type_of(target) != FileType::regular) refuse("names no regular file");
  return Input::open(path);
}

}  // namespace aerotool::io
