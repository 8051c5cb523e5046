// A task's listener that is the user's terminal.
#pragma once

#include "cli/common_options.hpp"
#include "tasks/listener.hpp"

namespace aerotool::cli {

/// Lines go to standard error, but for those that --quiet or the lack of --verbose keeps back; works get a
/// bar there. `options` outlive it.
tasks::Listener listener(const CommonOptions& options);

}  // namespace aerotool::cli
