// What lies in a directory already where the files of a set are to go, and whether it is what would be
// written there anyway (src/BEHAVIOUR.md, "Outputs").
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/input.hpp"
#include "transfer/plan.hpp"

namespace aerotool {

/// Whether a file holds what would be written in its place. CorruptError and UnsupportedError say that it
/// does not. Empty: nobody asks.
using HoldsSame = std::function<bool(std::shared_ptr<io::Input>)>;

/// Notes the file of that name in `directory`, if there is one. A link is never one of ours. Throws IoError
/// where something else than a file or a link has the name, and where it cannot be read.
void note_existing(const std::string& directory, const std::string& name, const HoldsSame& same,
                   ExistingFiles& existing);

/// Whether these are the same tensors in any order: the same names, dtypes and shapes.
bool same_tensors(const std::vector<Tensor>& found, std::span<const PlannedTensor> planned);

}  // namespace aerotool
