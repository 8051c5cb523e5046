// zTensor's element types (src/formats/ztensor/FORMAT.md, "Version 0.1", "Manifest").
#pragma once

#include <optional>
#include <string_view>

#include "formats/ztensor/layout.hpp"
#include "model/dtype.hpp"

namespace aerotool::ztensor {

/// The dtype that elements are stored as, by the name that a version has for it; nothing for a name that it
/// does not have.
std::optional<DTypeCode> stored_type(std::string_view name, Version version);

}  // namespace aerotool::ztensor
