// The rules of layouts that can be told without reading data: which parts an object has, of which types and
// sizes (src/formats/ztensor/FORMAT.md, "Layouts").
#pragma once

#include <optional>
#include <span>

#include "formats/ztensor/facts.hpp"

namespace aerotool::ztensor {

/// `facts[i]` is what is known of `object.parts[i]`. The size of a dense object's data that is not known
/// before is filled in. A layout that is not known has no rules.
std::optional<Breach> layout_breach(const ObjectEntry& object, std::span<PartFacts> facts, Version version);

}  // namespace aerotool::ztensor
