// In what the metadata of two models differs, whatever formats carry it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace aerotool::tasks {

/// What a model says of itself.
struct SelfDescription {
  Metadata metadata;
  /// False where the entries are no source's metadata, but the labels that every AERO file carries: name,
  /// architecture and source format.
  bool own = true;
  std::string model_name;
  std::string architecture;
};

SelfDescription self_description(const Model& model);

struct MetadataDifference {
  std::string key;
  std::optional<Value> a;  ///< nothing: only in B
  std::optional<Value> b;
};

/// By key, in the order of keys; the order in the files does not count, types do. Labels that are not own
/// count for what they tell: the source's format and the names that stand in for none tell nothing, and
/// neither does a name or architecture that the other model has too, under whatever key.
std::vector<MetadataDifference> compare_metadata(const SelfDescription& a, const SelfDescription& b);

/// Where two values of one type begin to differ: the byte of texts and binaries, the element of arrays.
/// Nothing for other types.
std::optional<std::uint64_t> first_difference(const Value& a, const Value& b);

}  // namespace aerotool::tasks
