// What an AERO file's TOC must say of each chunk, and of all together.
#pragma once

#include <string>

#include "formats/aero/layout.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

/// Flags, alignment and lengths of one chunk. `label` is how messages name it, `entry` where its entry
/// stands.
void check_entry(const Chunk& chunk, const std::string& label, const std::string& path, std::uint64_t entry,
                 Report& report);

/// Unique names, the chunks that there is one of, and payloads that overlap header, TOC or string table. For
/// a container whose `cut_off` is still filled.
void check_chunks(const Container& container, const std::string& path, Report& report);

}  // namespace aerotool::aero
