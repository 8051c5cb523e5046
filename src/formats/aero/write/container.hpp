// Header, TOC and string table of an AERO file in the making.
#pragma once

#include <vector>

#include "formats/aero/layout.hpp"

namespace aerotool::aero {

/// Sets the offsets of a new container's TOC and string table from its chunks' names.
void lay_out_control(Container& container);

/// The bytes from 0 to payloads_start.
std::vector<std::byte> render_control(const Container& container);

/// The UUID that follows from the content (src/formats/aero/FORMAT.md, "UUID").
Uuid derived_uuid(const std::vector<Chunk>& chunks);

}  // namespace aerotool::aero
