// extract --format npz: sparse matrices and arrays out, for SciPy.
#pragma once

#include "model/model.hpp"
#include "tasks/extract/extract.hpp"
#include "tasks/listener.hpp"

namespace aerotool::tasks {

/// As extract(), of objects: those of the names that are asked for, and the CSR and COO ones that match the
/// patterns.
Extracted extract_objects(const Model& model, const ExtractRequest& request, const Listener& listener);

}  // namespace aerotool::tasks
