#include "transfer/held_files.hpp"

#include <algorithm>

namespace aerotool {

bool holds_sha256(const Model& model) {
  return std::ranges::any_of(model.files(), [](const ModelFile& file) { return file.input->holds_sha256(); });
}

void hash_reads(const Model& model) {
  for (const ModelFile& file : model.files()) file.input->hash_reads();
}

void require_sha256(const Model& model) {
  for (const ModelFile& file : model.files()) file.input->require_sha256();
}

}  // namespace aerotool
