// Whether a file that an earlier run has left is the very one that this run would write.
#pragma once

#include <memory>
#include <optional>

#include "formats/aero/write/file_builder.hpp"
#include "io/input.hpp"

namespace aerotool::aeroset {

/// The SHA-256 of `candidate` where its header, TOC and metadata are byte for byte those of `wanted`, which
/// is finished, and its weights hash to what the TOC says; nothing where not, or where it cannot be read.
/// Adds the weights to `progress`.
std::optional<Digest> finished_file(const io::Input& candidate, const aero::AeroFileBuilder& wanted,
                                    unsigned jobs, io::Progress* progress);

}  // namespace aerotool::aeroset
