// Checkpoints without one index, where each process has written its own: __0.metadata, __1.metadata, ...
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/report.hpp"

namespace aerotool::dcp {

/// 3 of "__3.metadata"; nothing of any other name.
std::optional<std::uint32_t> rank_of_index(std::string_view name);

/// The indexes of the other processes beside one that is a process's, by their numbers; none where it is not.
/// Throws CorruptError where one is missing.
std::vector<std::string> other_ranks(const std::string& path, Report& report);

}  // namespace aerotool::dcp
