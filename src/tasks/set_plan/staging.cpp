#include "tasks/set_plan/staging.hpp"

#include "io/listing.hpp"

namespace aerotool::tasks {

std::string staging_name(const std::string& plan_id) {
  return ".aerotool-plan-" + plan_id;
}

std::string staging_path(const std::string& directory, const std::string& plan_id) {
  return io::path_in(directory, staging_name(plan_id));
}

std::string receipt_name(const std::string& file) {
  return file + ".receipt.json";
}

std::vector<std::string> staged_names(const PlanDocument& document) {
  std::vector<std::string> names = {kPublishing};
  for (const PlannedPart& part : document.parts) {
    names.push_back(part.file);
    names.push_back(receipt_name(part.file));
  }
  return names;
}

void clear_staging(const std::string& directory, const ReadPlan& plan) {
  const auto staging = io::SharedDirectory::find(staging_path(directory, plan.id));
  if (!staging) return;
  staging->remove(staged_names(plan.document));
  staging->remove_itself();
}

}  // namespace aerotool::tasks
