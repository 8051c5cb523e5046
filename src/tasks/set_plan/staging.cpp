#include "tasks/set_plan/staging.hpp"

#include "core/error.hpp"
#include "io/listing.hpp"

namespace aerotool::tasks {
namespace {

/// Others would write, and remove, where it leads.
void require_no_link(const std::string& path) {
  if (io::is_link(path)) throw IoError({path, {}, {}}, "is a link, where the parts of a plan would lie");
}

}  // namespace

std::string staging_name(const std::string& plan_id) {
  return ".aerotool-plan-" + plan_id;
}

std::string staging_path(const std::string& directory, const std::string& plan_id) {
  return io::path_in(directory, staging_name(plan_id));
}

std::string staged_name(const std::string& file) {
  std::string name;
  for (const char c : file) {
    if (c == '/' || c == '%') {
      name += c == '/' ? "%2F" : "%25";
    } else {
      name += c;
    }
  }
  return name;
}

std::string receipt_name(const std::string& file) {
  return staged_name(file) + ".receipt.json";
}

std::optional<io::SharedDirectory> find_staging(const std::string& directory, const std::string& plan_id) {
  const std::string path = staging_path(directory, plan_id);
  require_no_link(path);
  return io::SharedDirectory::find(path);
}

io::SharedDirectory make_staging(const std::string& directory, const std::string& plan_id) {
  const std::string path = staging_path(directory, plan_id);
  require_no_link(path);
  return io::SharedDirectory::make(path);
}

void clear_staging(const std::string& directory, const std::string& plan_id,
                   const std::vector<std::string>& names) {
  const auto staging = find_staging(directory, plan_id);
  if (!staging) return;
  staging->remove(names);
  staging->remove_itself();
}

}  // namespace aerotool::tasks
