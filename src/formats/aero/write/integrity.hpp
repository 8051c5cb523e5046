// IHSH and PHSH: the control-plane hash and the page hashes (src/formats/aero/FORMAT.md, "IHSH" and "PHSH"),
// written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/aero/layout.hpp"

namespace aerotool::aero {

/// IHSH's payload, zero-padded to kControlHashBytes.
std::vector<std::byte> render_control_hash(std::uint64_t payloads_start, const Digest& digest);

std::string render_page_hashes(const PageHashes& pages);
/// The size of what render_page_hashes makes.
std::uint64_t page_hashes_size(const std::string& shard_name, std::uint64_t page_size,
                               std::uint64_t shard_size);

}  // namespace aerotool::aero
