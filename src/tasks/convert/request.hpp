// What a conversion is asked to do: which tensors of which models go where, and in which form.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/convert/metadata_edits.hpp"
#include "tasks/convert/rename.hpp"
#include "tasks/convert/target.hpp"
#include "tasks/open.hpp"
#include "transfer/plan.hpp"

namespace aerotool::tasks {

struct ConvertRequest {
  std::vector<std::string> inputs;  ///< paths as open_model() takes them
  ReadOptions read;
  Target target;
  std::vector<std::string> include;  ///< patterns; none: all tensors
  std::vector<std::string> exclude;
  std::vector<std::string> dtypes;          ///< as --dtype takes them: TYPE[:PATTERN]
  bool dequantize = false;                  ///< quantized weights may be decoded
  bool strict = false;                      ///< a value that is too large for its dtype is refused
  std::vector<Rename> renames;              ///< of what is left, one after the other
  std::vector<MetadataSetting> set;         ///< metadata
  std::vector<std::string> unset;           ///< patterns over its keys
  bool side_files = true;                   ///< what lies beside the first input's weights comes along
  bool force = false;                       ///< another model in the output directory is replaced
  std::optional<std::string> name;          ///< replaces the model's
  std::optional<std::string> architecture;  ///< replaces the model's
  WriteOptions options;
  unsigned jobs = 1;
};

}  // namespace aerotool::tasks
