// What each layout asks of an object (src/formats/ztensor/FORMAT.md, "Layouts"). For layout_rules.cpp.
#pragma once

#include <optional>

#include "formats/ztensor/judged_object.hpp"

namespace aerotool::ztensor {

std::optional<Breach> dense_breach(const JudgedObject& object);
std::optional<Breach> csr_breach(const JudgedObject& object);
std::optional<Breach> coo_breach(const JudgedObject& object);
std::optional<Breach> quant_group_breach(const JudgedObject& object);
std::optional<Breach> mx_breach(const JudgedObject& object);
std::optional<Breach> ggml_breach(const JudgedObject& object);

}  // namespace aerotool::ztensor
