// IHSH and PHSH: the control-plane hash and the page hashes (src/formats/aero/FORMAT.md, "IHSH" and "PHSH"),
// read and held to what they say.
#pragma once

#include "formats/aero/layout.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

/// Holds the control region to the IHSH chunk. False where it does not hold and the report does not throw.
bool check_control_hash(const io::Input& input, const Container& container, const Chunk& chunk,
                        Report& report);

/// The page hashes of a shard, held to its size. No digests where they are not sound and the report does not
/// throw.
PageHashes read_page_hashes(const io::Input& input, const Chunk& chunk, const Chunk& shard, Report& report);

}  // namespace aerotool::aero
