// What main() settles with the system before anything is opened.
#pragma once

namespace aerotool::io {

/// Where a standard stream is closed, something that can be neither read nor written takes its number, so
/// that no file of ours does.
void occupy_standard_streams();

/// Lets the process have as many open files as the system allows it: a model may lie in thousands.
void raise_open_file_limit();

}  // namespace aerotool::io
