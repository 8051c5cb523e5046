// FILE chunks: the side files that an AERO file carries (src/formats/aero/FORMAT.md, "FILE").
#pragma once

#include <memory>
#include <vector>

#include "formats/aero/layout.hpp"
#include "io/input.hpp"
#include "model/side_files.hpp"

namespace aerotool::aero {

/// Those of a file, by path. Nothing is judged here but what they hand over, which is held to its hash.
std::vector<SideFile> side_files_of(const std::shared_ptr<io::Input>& input, const Container& container);

}  // namespace aerotool::aero
