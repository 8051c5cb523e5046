// What side files in an AERO file must not be.
#pragma once

#include <memory>

#include "formats/aero/layout.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

/// Notes what a side file must not be called, and what is more than is carried.
void check_side_files(const std::shared_ptr<io::Input>& input, const Container& container, Report& report);

}  // namespace aerotool::aero
