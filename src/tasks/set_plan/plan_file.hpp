// The file that a plan lies in.
#pragma once

#include <string>

#include "tasks/set_plan/document.hpp"

namespace aerotool::tasks {

/// A plan as it was read.
struct ReadPlan {
  std::string path;  ///< as messages name it
  std::string id;
  PlanDocument document;
  bool is_piped = false;  ///< `path` leads to no file that others see
};

/// `path` is "-" for standard input. Throws IoError, and what parse_plan() throws.
ReadPlan read_plan(const std::string& path);

/// Writes a plan whole, or leaves the same one as it is. Throws RequestError where another file is there.
void write_plan(const std::string& path, const std::string& text);

}  // namespace aerotool::tasks
