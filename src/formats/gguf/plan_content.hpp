// What GGUF files of a plan say beside their tensors, whatever kind of model they come from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/gguf/plan_file.hpp"
#include "model/metadata.hpp"
#include "transfer/plan.hpp"

namespace aerotool::gguf {

struct Content {
  /// Without order, head, gaps and files where it is of another format.
  Source source;
  std::uint32_t version = 3;
  /// The source's own key-value section; of a source of another kind its architecture, name and text.
  Metadata metadata;
  /// The source was GGUF, and its layout is passed on.
  bool restores = false;
  /// All tensors in the order that the source has, of whatever format it is.
  std::vector<PlannedTensor> in_source_order;
  std::vector<std::string> lost;     ///< content that GGUF has no place for, a line each
  std::vector<std::string> dropped;  ///< what else is not kept
  std::vector<std::string> warnings;
};

/// Throws CorruptError where what is said to be GGUF's cannot be.
Content content_of(const Plan& plan);

/// Metadata of a GGUF file as a source carries it. Throws CorruptError where it cannot be read again.
std::shared_ptr<const Metadata> carried_metadata(const Plan& plan, const Metadata& metadata);

/// Makes one file of what a source may have split: leaves out how it was, and says so.
void unite(Content& content);

/// All tensors in one file: with the order, head and gaps of a source that was one. After unite().
FileContent only_file(const Plan& plan, const Content& content);

/// Throws UnsupportedError where metadata of a file of our own names no architecture.
void require_architecture(const Plan& plan, const Metadata& metadata);

}  // namespace aerotool::gguf
