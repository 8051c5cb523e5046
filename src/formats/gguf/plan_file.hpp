// One GGUF file that is to be written: its head, and its data section.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/gguf/render.hpp"
#include "transfer/headed_files.hpp"

namespace aerotool::gguf {

/// Counts and lists in order what is between tensors: Source::gaps.
using Gaps = std::vector<std::pair<std::uint64_t, Bytes>>;

struct FileContent {
  std::string name;                    ///< in a directory; empty where there is one output
  std::vector<PlannedTensor> tensors;  ///< in the order of their bytes
  std::uint32_t version = 3;
  std::shared_ptr<const Metadata> metadata;
  /// Of a source that was such a file: it need not keep the rules that files of our own keep.
  bool restored = false;
  std::optional<Bytes> head;  ///< that the source carries, to be written as it is
  Gaps gaps;                  ///< likewise, as find_gaps() tells them
};

/// The alignment that metadata asks for. Throws CorruptError where it cannot be one.
std::uint64_t alignment_of(const Plan& plan, const Metadata& metadata);

/// Throws UnsupportedError that names the tensors of a plan that the format has no place for; `restored` as
/// FileContent has it.
void require_places(const Plan& plan, bool restored);

/// Plans a file behind those that `files` holds. The tensors have their places. Throws CorruptError where a
/// carried head or gap is not that of these tensors.
void add_file(const Plan& plan, FileContent content, HeadedFiles& files);

}  // namespace aerotool::gguf
