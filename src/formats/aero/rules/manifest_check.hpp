// Holds what MMSG lists to the TOC, and the names in it to MJSN's.
#pragma once

#include "formats/aero/read/reader.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

/// Of a model whose tensors are known. Where an entry of the TOC cannot be used nothing is told: what it
/// should have covered is missed everywhere.
void check_manifest(const AeroModel& model, Report& report);

}  // namespace aerotool::aero
