// Outputs are files here.
#pragma once

#include <string>

namespace aerotool::tasks {

/// Throws RequestError where an output is meant as a URL or a name of a hub.
void require_local(const std::string& output);

}  // namespace aerotool::tasks
