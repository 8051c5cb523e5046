// What of a zTensor file's bytes its parts do not tell (src/formats/ztensor/FORMAT.md, "What AERO records").
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "formats/ztensor/tensor_table.hpp"
#include "io/input.hpp"

namespace aerotool::ztensor {

/// Bytes before `end` that belong to no blob and are not zero, by offset: from the first to the last one of
/// each run between blobs. Nothing where they would hold more than `most`.
std::optional<std::vector<std::pair<std::uint64_t, Bytes>>> find_gaps(const io::Input& input,
                                                                      const TensorTable& table,
                                                                      std::uint64_t end, std::uint64_t most);

}  // namespace aerotool::ztensor
