// Models of one repository that differ in the types of their weights, which their names say:
// "llama-8b-Q4_K_M.gguf", "llama-8b-BF16-00001-of-00002.gguf".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "registry/model_candidates.hpp"

namespace aerotool {

/// What stands at the end of a GGUF file's name, in its case, where that is a type of ggml; empty where it is
/// none.
std::string type_in_name(const Candidate& candidate);

/// Whether that, or more of the name's end, is `quant`, in whatever case. What is no model by itself
/// (mmproj-F16.gguf) is of no type.
bool is_of_type(const Candidate& candidate, std::string_view quant);

/// Whether there are several, and each says a type.
bool differ_in_types(const std::vector<Candidate>& candidates);

/// "m-Q4_K_M.gguf (4.1 GiB, Q4_K_M), ..."; sizes where the directory's listing tells them.
std::string list_by_type(const std::string& directory, const std::vector<Candidate>& candidates);

}  // namespace aerotool
