// The files of a sharded model as a source has recorded them. What it says may be hostile.
#pragma once

#include <string>

#include "formats/safetensors/plan_content.hpp"
#include "transfer/headed_files.hpp"

namespace aerotool::safetensors_sharded {

/// Whether the source has recorded files. Numbered ones may have no index.
bool has_recorded_files(const Source& source);

/// Plans the recorded files. Throws CorruptError where their paths are not such as may be written, or where
/// the recorded index is not theirs.
HeadedFiles plan_recorded_files(const Plan& plan, const Source& source);

/// What the recorded index is called; empty where there is none.
std::string recorded_index_path(const Source& source);

}  // namespace aerotool::safetensors_sharded
