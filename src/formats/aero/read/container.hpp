// Header, TOC and string table of an AERO file, read and held to the rules.
#pragma once

#include "formats/aero/layout.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

/// Reads what describes the chunks and checks it: bounds, caps, reserved fields, unique names, flags, and
/// that no payload overlaps the control region. Chunks that the file's end cuts off are left out: the caller
/// reports them, since it knows the tensors that this hits. Throws CorruptError where nothing is left to go
/// on with, UnsupportedError for another version.
Container read_container(const io::Input& input, Report& report);

}  // namespace aerotool::aero
