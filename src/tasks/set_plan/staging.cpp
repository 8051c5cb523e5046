#include "tasks/set_plan/staging.hpp"

#include "io/listing.hpp"

namespace aerotool::tasks {

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

void clear_staging(const std::string& staging, const std::vector<std::string>& names) {
  const auto directory = io::SharedDirectory::find(staging);
  if (!directory) return;
  directory->remove(names);
  directory->remove_itself();
}

}  // namespace aerotool::tasks
