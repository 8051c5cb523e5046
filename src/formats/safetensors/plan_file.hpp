// One safetensors file that is to be written: its head, and its data section.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "transfer/headed_files.hpp"

namespace aerotool::safetensors {

struct FileContent {
  std::string name;                    ///< in a directory; empty where there is one output
  std::vector<PlannedTensor> tensors;  ///< in the order of their bytes
  /// Strings; absent: no __metadata__.
  std::shared_ptr<const Metadata> metadata;
  /// A head that the source carries, to be written as it is.
  std::optional<Bytes> head;
};

/// Throws UnsupportedError that names the tensors of a plan that the format has no place for.
void require_places(const Plan& plan);

/// Plans a file behind those that `files` holds. The tensors have their places. Throws CorruptError where a
/// carried head is not that of these tensors.
void add_file(const Plan& plan, FileContent content, HeadedFiles& files);

/// The order in which the reference library writes tensors.
void put_in_reference_order(std::vector<PlannedTensor>& tensors);

}  // namespace aerotool::safetensors
