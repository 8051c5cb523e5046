// Elements whose bytes are stored in the other order (src/formats/ztensor/FORMAT.md, "Version 0.1").
#pragma once

#include <cstdint>
#include <span>

#include "io/digester.hpp"

namespace aerotool::ztensor {

/// Fills `out` from `offset` on with the `size` bytes that `read` reads, those of each element of `width`
/// bytes reversed.
void read_reversed(const io::ReadAt& read, std::uint64_t size, std::uint64_t width, std::uint64_t offset,
                   std::span<std::byte> out);

}  // namespace aerotool::ztensor
