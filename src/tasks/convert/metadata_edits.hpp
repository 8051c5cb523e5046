// What a user asks to change in the metadata of a model.
#pragma once

#include <string>
#include <vector>

#include "tasks/listener.hpp"
#include "transfer/plan.hpp"

namespace aerotool::tasks {

/// KEY=VALUE or KEY:TYPE=VALUE, where @FILE for the value is the text of a file, and @@ a text that begins
/// with one @.
struct MetadataSetting {
  std::string key;  ///< and perhaps a type
  std::string value;

  /// Throws UsageError.
  explicit MetadataSetting(const std::string& text);
  /// The file whose text is the value; empty where it is none's.
  std::string file() const;
};

/// Plans changes of the first model's metadata, as Model::metadata() has it: values of the type that the key
/// has already, or of the one that is given, and keys that match a pattern and go. What names the model and
/// its architecture becomes Edits::name and Edits::architecture. Warns of patterns that match no key. Throws
/// RequestError, and IoError where a file cannot be read.
void plan_metadata_edits(const std::vector<MetadataSetting>& settings, const std::vector<std::string>& unset,
                         const Listener& listener, Plan& plan);

}  // namespace aerotool::tasks
