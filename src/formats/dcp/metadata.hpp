// Reads the pickle that is a checkpoint's .metadata (src/formats/dcp/FORMAT.md, "The pickle"). Nothing is
// run; objects are turned into the index as they are met, so that millions of them never stand beside each
// other.
#pragma once

#include <string>

#include "encoding/pickle/source.hpp"
#include "formats/dcp/index.hpp"
#include "formats/dcp/index_builder.hpp"
#include "model/report.hpp"

namespace aerotool::dcp {

/// Adds what one .metadata says. Throws CorruptError and UnsupportedError; what is odd in the pickle is told.
void read_metadata(const pickle::Source& source, IndexBuilder& builder, Report& report);

}  // namespace aerotool::dcp
