// A task's listener that is the user's terminal.
#pragma once

#include "cli/command.hpp"
#include "tasks/listener.hpp"

namespace aerotool::cli {

/// Lines go to standard error, but for those that --quiet or the lack of --verbose keeps back; works get a
/// bar there.
tasks::Listener listener(const Arguments& arguments);

}  // namespace aerotool::cli
