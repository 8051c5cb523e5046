// The head of a GGUF file that our writer would not make, with changes.
#pragma once

#include <string>
#include <unordered_map>

#include "core/bytes.hpp"
#include "model/metadata.hpp"

namespace aerotool::gguf {

/// Names of tensors that have another one now.
using NewNames = std::unordered_map<std::string, std::string>;

/// A head as it is, but for pairs whose values `metadata` has otherwise, or has not, or has beside them, and
/// for names of tensors. The alignment stays what it was. Throws what reading a head throws.
Bytes edited_head(const Bytes& head, const Metadata& metadata, const NewNames& names,
                  const std::string& path);

}  // namespace aerotool::gguf
