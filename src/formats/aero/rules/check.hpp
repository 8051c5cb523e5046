// What `validate` holds an AERO file to, beyond what reading it already tells.
#pragma once

#include "formats/aero/read/reader.hpp"
#include "model/model.hpp"

namespace aerotool::aero {

/// False where the level is `control` and the file has no control-plane hash.
bool check_model(const AeroModel& model, const CheckOptions& options, Report& report);

}  // namespace aerotool::aero
