// Where a model of a hub is read from: a snapshot of it that is here, or the hub.
#pragma once

#include <functional>
#include <string>

namespace aerotool {

struct HubPlace {
  std::string place;  ///< a file, a directory, or a name of the hub; empty where the operand is no such name
  std::string quant;  ///< the type of the model that is meant; empty where there is no choice
};

/// Of hf://OWNER/NAME[@REV][/PATH]. Where the cache of Hugging Face's libraries has a snapshot of the commit,
/// and the file or a whole model in it, that is the place, and `note` is told; what the commit of a branch
/// is, the hub is asked for. Throws UsageError for a malformed name, and IoError.
HubPlace place_at_hub(const std::string& operand, const std::function<void(const std::string&)>& note);

}  // namespace aerotool
