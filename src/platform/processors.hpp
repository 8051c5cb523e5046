#pragma once

namespace aerotool::platform {

/// How many processors this process may use; at least 1.
unsigned processors();

}  // namespace aerotool::platform
