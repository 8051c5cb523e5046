// Reads the indexes of a file's sparse objects, and holds them to the rules of their layouts.
#pragma once

#include "formats/ztensor/check.hpp"

namespace aerotool::ztensor {

void check_sparse(const CheckedFile& file, Report& report);

}  // namespace aerotool::ztensor
