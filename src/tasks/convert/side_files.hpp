// The side files of a conversion's inputs, and what becomes of them.
#pragma once

#include "tasks/convert/sources.hpp"

namespace aerotool::tasks {

/// Plans the first input's side files. Warns of what is not carried, and in one line of those of other inputs
/// that the first one lacks or has with other bytes. Throws CorruptError where what an input calls its side
/// files cannot be put in a directory.
void plan_side_files(const ConvertRequest& request, const Listener& listener, Sources& sources);

}  // namespace aerotool::tasks
