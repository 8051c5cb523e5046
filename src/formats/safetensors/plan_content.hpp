// What safetensors files of a plan say beside their tensors, whatever kind of model they come from.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/safetensors/plan_file.hpp"
#include "model/index_metadata.hpp"
#include "model/metadata.hpp"
#include "transfer/plan.hpp"

namespace aerotool::safetensors {

/// What a source must say to be one of ours.
inline constexpr std::string_view kSourceFormat = "safetensors";

struct Content {
  /// All tensors in the order that the source has, of whatever format it is.
  std::vector<PlannedTensor> in_source_order;
  /// Without order, head, gaps and files where it is of another format.
  Source source;
  /// __metadata__: strings, UTF-8, no key twice; null: there is none. The text of a safetensors source as it
  /// stands; of typed metadata the strings, and numbers and booleans as their shortest text; where the
  /// source has none, what the model is called.
  std::shared_ptr<const Metadata> metadata;
  /// What an index of the source says of the model, for another index.
  IndexMetadata index_metadata;
  std::vector<std::string> lost;     ///< content that safetensors has no place for, a line each
  std::vector<std::string> dropped;  ///< what else is not kept
};

/// Throws CorruptError where metadata that is said to be safetensors' cannot be.
Content content_of(const Plan& plan);

/// Metadata of a safetensors file as a source carries it; null: there is none. Throws CorruptError.
std::shared_ptr<const Metadata> carried_metadata(const Plan& plan, const std::optional<Metadata>& metadata);

/// Throws CorruptError: the format has no bytes between tensors.
[[noreturn]] void refuse_gaps(const Plan& plan);

/// Leaves out how a source is divided into files, and says what that loses.
void unite(Content& content);

/// Leaves out what an index says, and says so.
void drop_index(Content& content);

/// All tensors in one file: with the order and head of a source that was one, else in the reference's order.
FileContent only_file(const Plan& plan, const Content& content);

}  // namespace aerotool::safetensors
