// Which keys the index of each version has (src/formats/ztensor/FORMAT.md, "Version 0.1", "Version 1
// (1.0, 1.1, 1.2)", "Version 2"). For manifest.cpp.
#pragma once

#include "formats/ztensor/entry_reader.hpp"
#include "formats/ztensor/manifest.hpp"

namespace aerotool::ztensor {

void read_manifest_0_1(EntryReader& reader, const IndexVisitor& visitor);
Root read_manifest_1_0(EntryReader& reader, const IndexVisitor& visitor);
Root read_manifest_1_1(EntryReader& reader, const IndexVisitor& visitor);
Root read_manifest_2(EntryReader& reader, const IndexVisitor& visitor);

}  // namespace aerotool::ztensor
