// Where the tensors of a GGUF file must lie.
#pragma once

#include <vector>

#include "formats/gguf/parse.hpp"
#include "io/input.hpp"
#include "model/report.hpp"
#include "model/tensor.hpp"

namespace aerotool::gguf {

/// The head's tensors in file order, with absolute offsets. Those that pass the end of the file or overlap
/// another are unreadable; when judging they are noted and left out.
std::vector<Tensor> place_tensors(ParsedHead& head, const io::Input& input, Report& report);

}  // namespace aerotool::gguf
