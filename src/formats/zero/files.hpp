// The files of a DeepSpeed checkpoint, by their names (src/formats/zero/FORMAT.md, "Files").
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/input.hpp"

namespace aerotool::zero {

inline constexpr std::string_view kLatest = "latest";
inline constexpr std::string_view kLatestUniversal = "latest_universal";

struct CheckpointFiles {
  std::vector<std::string> states;      ///< of the model, by process; one where they are not divided
  std::vector<std::string> partitions;  ///< of the optimizer, by process
  /// Of a universal checkpoint, which has no partitions, each parameter's name and its file, by name.
  std::vector<std::pair<std::string, std::string>> universal;
};

/// Whether a name is that of one of these files, or of one of a model that is divided in other ways.
bool is_checkpoint_file(std::string_view name);

/// What lies in the directory that `named` stands for: a file `latest`, or one of the checkpoint's. Names
/// are relative to its directory. Throws CorruptError, and UnsupportedError for what is divided in other
/// ways.
CheckpointFiles files_of(const io::Input& named);

}  // namespace aerotool::zero
