// What a model file says beside its tensors.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "encoding/value.hpp"

namespace aerotool {

/// Keys and values in file order: GGUF's key-value section, safetensors' __metadata__ (strings), or the
/// members of AERO's MJSN where an AERO file was made from neither. Keys are bytes; most are UTF-8.
struct Metadata {
  std::vector<std::pair<std::string, Value>> entries;

  const Value* find(std::string_view key) const;
  /// The text of a string entry; empty where there is none.
  std::string_view text(std::string_view key) const;
};

}  // namespace aerotool
