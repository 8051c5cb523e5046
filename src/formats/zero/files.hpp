// The files of a DeepSpeed checkpoint, by their names (src/formats/zero/FORMAT.md, "Files").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/input.hpp"

namespace aerotool::zero {

inline constexpr std::string_view kLatest = "latest";

struct CheckpointFiles {
  std::vector<std::string> states;      ///< of the model, by process; one where they are not divided
  std::vector<std::string> partitions;  ///< of the optimizer, by process
};

/// Whether a name is that of one of these files.
bool is_checkpoint_file(std::string_view name);

/// What lies in the directory that `named` stands for: the file `latest`, or one of the checkpoint's. Names
/// are relative to its directory. Throws CorruptError, and UnsupportedError for what is divided in other
/// ways.
CheckpointFiles files_of(const io::Input& named);

}  // namespace aerotool::zero
