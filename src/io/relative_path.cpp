#include "io/relative_path.hpp"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/file_input.hpp"
#include "io/listing.hpp"
#include "io/open_url.hpp"
#include "io/remote_tree.hpp"

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

namespace {

bool lies_in(const std::string& target, const std::string& base) {
  return target == base || target.starts_with(base.ends_with('/') ? base : base + "/");
}

/// Why a path that is there by name only leads nowhere; the machine's failures are thrown.
std::string problem_of_nowhere(const std::string& path) {
  // No file can ever be there: it is the index, or what lies beside it, that is wrong.
  if (errno == ENAMETOOLONG) return "is too long";
  if (errno == ELOOP) return "leads into a circle of symbolic links";
  throw system_error(path, "open", errno);
}

}  // namespace

Neighbour find_in_directory(const std::string& directory, const std::string& relative,
                            const LinkPolicy& links) {
  Neighbour found;
  const auto refuse = [&](std::string why, Code code = Code::path) -> Neighbour&& {
    found.problem = std::move(why);
    found.code = code;
    return std::move(found);
  };
  if (const std::string problem = path_problem(relative); !problem.empty()) return refuse(problem);
  const bool here = directory.empty();
  found.path = here || directory.ends_with('/') ? directory + relative : directory + "/" + relative;
  const std::string base = real_path(here ? "." : directory);
  if (base.empty()) throw system_error(directory, "open", errno);
  if (links.open_stored != nullptr) {
    StoredFile stored = links.open_stored(base, relative);
    found.file = std::move(stored.file);
    found.sha256 = stored.sha256;
    if (found.file) return found;
    if (!stored.problem.empty() && !links.follow) return refuse(stored.problem, Code::missing);
  }
  const std::string target = real_path(found.path);
  if (target.empty()) {
    if (errno == ENOENT || errno == ENOTDIR) return refuse("names a file that is missing", Code::missing);
    return refuse(problem_of_nowhere(found.path));
  }
  if (!lies_in(target, base)) {
    if (!links.follow) {
      return refuse("is a symbolic link that leads out of the directory; follow it with --follow-links");
    }
    if (!lies_in(real_path(directory_of(found.path)), base))
      return refuse("leads out of the directory by a symbolic link to another directory");
    if (links.promised_sha256 != nullptr) found.sha256 = links.promised_sha256(found.path);
  }
  if (type_of(target) != FileType::regular) return refuse("does not name a regular file");
  // O_NONBLOCK so that a FIFO put in the place of a file cannot hold us up.
  found.file = OpenFile(open_fd(found.path, O_RDONLY | O_NONBLOCK));
  if (!found.file) throw system_error(found.path, "open", errno);
  return found;
}

namespace {

std::shared_ptr<Input> open_in_tree(RemoteTree& tree, const std::string& index, const std::string& relative) {
  const auto refuse = [&](const std::string& why, Code code) {
    throw CorruptError({index, {}, {}}, "the path '" + escape_controls(shortened(relative)) + "' " + why,
                       code);
  };
  if (const std::string problem = path_problem(relative); !problem.empty()) refuse(problem, Code::path);
  const std::string name = path_in(directory_of(index), relative);
  // As of a file here, what is at fault is the index.
  if (tree.type_of(name) != FileType::regular) refuse("names a file that is missing", Code::missing);
  return tree.open(name, {});
}

}  // namespace

std::shared_ptr<Input> open_beside(const std::string& index, const std::string& relative,
                                   const LinkPolicy& links) {
  if (RemoteTree* const tree = remote_tree_of(index)) return open_in_tree(*tree, index, relative);
  const bool here = index.find('/') == std::string::npos;
  Neighbour found = find_in_directory(here ? std::string{} : directory_of(index), relative, links);
  if (!found.problem.empty()) {
    throw CorruptError({index, {}, {}},
                       "the path '" + escape_controls(shortened(relative)) + "' " + found.problem,
                       found.code);
  }
  auto input = FileInput::adopt(std::move(found.file), found.path, found.path);
  input->set_links(links);
  if (found.sha256) input->expect_sha256(*found.sha256);
  return input;
}

std::shared_ptr<Input> open_beside(const Input& index, const std::string& relative) {
  const bool is_in_tree = remote_tree_of(index.name()) != nullptr;
  if (index.remote() != nullptr && !is_in_tree) return open_url_beside(*index.remote(), relative);
  return open_beside(index.name(), relative, index.links());
}

void expect_beside(const Input& index, const std::vector<std::string>& relatives) {
  if (RemoteTree* const tree = remote_tree_of(index.name())) {
    // What the tree has here is not asked for.
    std::vector<std::string> names;
    for (const std::string& relative : relatives) {
      if (path_problem(relative).empty()) names.push_back(path_in(directory_of(index.name()), relative));
    }
    tree->open_ahead(names);
  } else if (index.remote() != nullptr) {
    open_urls_ahead(*index.remote(), relatives);
  }
}

}  // namespace aerotool::io
