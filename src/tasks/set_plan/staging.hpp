// Where the parts of a plan are until they are published: `.aerotool-plan-ID` in the output directory, or
// beside the plan of a check. Any number of processes write there at once (io/shared_directory.hpp).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/shared_directory.hpp"

namespace aerotool::tasks {

/// How far the parts of a plan are.
struct PlanStatus {
  std::vector<std::size_t> missing;  ///< ascending
  std::vector<std::size_t> damaged;  ///< not what their receipts tell of; ascending
  std::size_t parts = 0;
  bool published = false;
};

/// What is known of each part of a plan.
enum class PartState {
  missing,
  there,  ///< written, and not in its place
  placed  ///< in its place, as is what an interrupted publish had moved already
};

std::string staging_name(const std::string& plan_id);
/// In the directory that a set is published in, or beside the plan of a check.
std::string staging_path(const std::string& directory, const std::string& plan_id);
/// Throw IoError where something else has its name, or a link.
std::optional<io::SharedDirectory> find_staging(const std::string& directory, const std::string& plan_id);
io::SharedDirectory make_staging(const std::string& directory, const std::string& plan_id);

/// Of the file that a part of a set makes, which may lie in a directory below where it is published.
std::string staged_name(const std::string& file);
/// Of its receipt.
std::string receipt_name(const std::string& file);
/// While it is there, files of the plan may be in their places already, and nobody else put them there.
inline constexpr const char* kPublishing = "publishing";

/// Removes what the steps of a plan have left under these names, whole or on the way; what else is there
/// stays. Throws IoError.
void clear_staging(const std::string& directory, const std::string& plan_id,
                   const std::vector<std::string>& names);

}  // namespace aerotool::tasks
