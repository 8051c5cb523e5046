// All models in directories and below them.
#pragma once

#include <string>
#include <vector>

namespace aerotool {

struct FoundModel {
  std::string path;
  std::string error{};  ///< why nothing can be told of it; empty where it can be opened
};

/// The models of each path, in the order of the paths; of a directory those in it and below it, by their
/// paths. A directory that holds one model (model_path.hpp) stands for it; where it holds several, each file
/// stands for itself. Files are known by their extension. Links are not followed but in the snapshots of a
/// Hugging Face cache, which hold nothing else; hidden names are passed over. A directory that cannot be read
/// has its error, and so has one without any model.
std::vector<FoundModel> models_below(const std::vector<std::string>& paths);

}  // namespace aerotool
