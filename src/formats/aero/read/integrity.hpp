// IHSH and PHSH: the control-plane hash and the page hashes (src/formats/aero/FORMAT.md, "IHSH" and "PHSH").
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "formats/aero/layout.hpp"
#include "formats/aero/read/container.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

/// Holds the control region to the IHSH chunk. False where it does not hold and the report does not throw.
bool check_control_hash(const io::Input& input, const Container& container, const Chunk& chunk,
                        Report& report);

/// IHSH's payload, zero-padded to kControlHashBytes.
std::vector<std::byte> render_control_hash(std::uint64_t payloads_start, const Digest& digest);

struct PageHashes {
  std::string shard_name;
  std::uint64_t page_size = 0;
  std::vector<Digest> digests;
};

/// The page hashes of a shard, held to its size. No digests where they are not sound and the report does not
/// throw.
PageHashes read_page_hashes(const io::Input& input, const Chunk& chunk, const Chunk& shard, Report& report);

std::string render_page_hashes(const PageHashes& pages);
/// The size of what render_page_hashes makes.
std::uint64_t page_hashes_size(const std::string& shard_name, std::uint64_t page_size,
                               std::uint64_t shard_size);

}  // namespace aerotool::aero
