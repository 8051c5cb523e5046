// Where a model goes and in which format: one file, or a directory of several.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transfer/plan.hpp"

namespace aerotool::tasks {

/// Exactly one of the writers is there.
struct Target {
  std::string path;
  std::string format;  ///< its name: "gguf"
  const Writer* writer = nullptr;
  const SetWriter* set_writer = nullptr;
};

/// The names of the formats that can be written.
std::vector<std::string_view> writable_formats();

/// The options of all formats, each once; those of an AEROSET.
WriteOptionList write_options();
WriteOptionList set_options();

/// The target at a path, `to` being the name of the format where that is not left to the extension. Throws
/// RequestError where nothing says the format, where it is not written, or where an option asks for something
/// that it has no place for.
Target target_of(const std::string& output, const std::string& to, const WriteOptions& options);

/// A directory that is to hold an AEROSET. Throws RequestError for standard output.
Target set_target(const std::string& directory);

}  // namespace aerotool::tasks
