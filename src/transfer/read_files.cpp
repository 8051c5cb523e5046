#include "transfer/read_files.hpp"

#include <unordered_set>
#include <utility>

namespace aerotool {

FileChoice files_read(const std::vector<const Model*>& models, const TensorLayout& layout) {
  std::unordered_set<const io::Input*> read;
  std::unordered_set<const Model*> untold;
  for (const PlannedTensor& planned : layout.tensors) {
    for (const StoredTensor& input : planned.inputs()) {
      const io::Input* file = input.model->file_of(input.index).input;
      if (file == nullptr) {
        untold.insert(input.model);
      } else {
        read.insert(file);
      }
    }
  }
  std::unordered_set<const io::Input*> others;
  for (const Model* model : models) {
    if (untold.contains(model)) continue;
    for (std::size_t i = 0; i < model->tensors().size(); ++i) {
      const io::Input* file = model->file_of(i).input;
      if (file != nullptr && !read.contains(file)) others.insert(file);
    }
  }
  return [others = std::move(others)](const io::Input& file) { return !others.contains(&file); };
}

}  // namespace aerotool
