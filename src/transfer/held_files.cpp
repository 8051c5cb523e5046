#include "transfer/held_files.hpp"

#include <algorithm>

namespace aerotool {

bool holds_sha256(const Model& model) {
  return std::ranges::any_of(model.files(), [](const ModelFile& file) {
    return file.input != nullptr && file.input->holds_sha256();
  });
}

void hash_reads(const Model& model) {
  for (const ModelFile& file : model.files()) {
    if (file.input != nullptr) file.input->hash_reads();
  }
}

void require_sha256(const Model& model) {
  for (const ModelFile& file : model.files()) {
    if (file.input != nullptr) file.input->require_sha256();
  }
}

}  // namespace aerotool
