// What the format allows, or does not forbid, but loaders (ggml) refuse or do not expect.
#pragma once

#include <span>

#include "formats/gguf/parse.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::gguf {

/// Warns of names and metadata that loaders refuse: a line for each kind.
void warn_of_head(const ParsedHead& head, std::span<const Tensor> tensors, const std::string& path,
                  Report& report);

/// Warns of what is missing or too much at the end of the file, when judging; of a second file behind the
/// first, whose tensors nobody sees, always. Asks for the tensors as place_tensors gives them.
void warn_of_end(const ParsedHead& head, std::span<const Tensor> tensors, const io::Input& input,
                 Report& report);

}  // namespace aerotool::gguf
