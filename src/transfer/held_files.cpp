#include "transfer/held_files.hpp"

#include <algorithm>

namespace aerotool {
namespace {

bool is_meant(const ModelFile& file, const FileChoice& chosen) {
  return file.input != nullptr && is_chosen(chosen, *file.input);
}

}  // namespace

bool holds_sha256(const Model& model, const FileChoice& chosen) {
  return std::ranges::any_of(model.files(), [&](const ModelFile& file) {
    return is_meant(file, chosen) && file.input->holds_sha256();
  });
}

void hash_reads(const Model& model, const FileChoice& chosen) {
  for (const ModelFile& file : model.files()) {
    if (is_meant(file, chosen)) file.input->hash_reads();
  }
}

void require_sha256(const Model& model, const FileChoice& chosen) {
  for (const ModelFile& file : model.files()) {
    if (is_meant(file, chosen)) file.input->require_sha256();
  }
}

}  // namespace aerotool
