// Where a model goes and in which format: one file, or a directory of several.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "transfer/plan.hpp"

namespace aerotool::commands {

/// Exactly one of the writers is there.
struct Target {
  std::string path;
  const Writer* writer = nullptr;
  const SetWriter* set_writer = nullptr;
};

/// What --to takes.
std::vector<std::string> writable_formats();

/// The target that OUTPUT and the options name. Throws UsageError where nothing says the format, where it is
/// not written, or where an option asks for something that it has no place for.
Target target_of(const cli::Arguments& arguments, const std::string& output);

/// A directory that is to hold an AEROSET. Throws UsageError for standard output.
Target set_target(const std::string& directory);

}  // namespace aerotool::commands
