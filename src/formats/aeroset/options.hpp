// The options that only a set of AERO files has.
#pragma once

#include <cstdint>
#include <string>

#include "transfer/write_options.hpp"

namespace aerotool::aeroset {

/// Shards in a part, at least 1.
const WriteOption<std::uint64_t>& max_part_shards();
/// Where the parts are published; UTF-8, not empty.
const WriteOption<std::string>& base_url();
/// All files are built anew, also those that are complete already.
const WriteOption<bool>& rebuild();

/// All that a set can be asked for, AERO's own options included.
WriteOptionList write_options();

}  // namespace aerotool::aeroset
