// What a plan passes on of what its first model holds beyond its tensors (design.md, "What AERO carries
// beyond tensors").
#pragma once

#include <string>
#include <vector>

#include "model/plan.hpp"

namespace aerotool {

struct Carried {
  /// The first model's source: of a plan that is not whole without order, head, gaps and files; with the
  /// plan's name and architecture in its metadata. Orders are indexes into Plan::tensors.
  Source source;
  bool in_files = false;  ///< the first model's source lies in several files
  /// What is left out, a line each.
  std::vector<std::string> dropped;
};

/// Throws CorruptError where the source's orders do not name every tensor once.
Carried carried(const Plan& plan);

/// The keys under which metadata of a kind names a model: GGUF's when typed, else those of safetensors.
struct NameKeys {
  std::string_view name;
  std::string_view architecture;
};
NameKeys name_keys(bool typed_metadata);

}  // namespace aerotool
