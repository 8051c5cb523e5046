// What tensors must not have in common: names, and bytes of the file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/report.hpp"
#include "model/tensor.hpp"

namespace aerotool::aero {

void check_tensor_names(const std::vector<Tensor>& tensors, const std::string& path, Report& report);

/// Indexes of placed tensors by shard, offset and size.
std::vector<std::uint32_t> order_by_place(const std::vector<Tensor>& tensors);

/// `by_place` is as order_by_place() gives it.
void check_tensor_overlaps(const std::vector<Tensor>& tensors, const std::vector<std::uint32_t>& by_place,
                           const std::string& path, Report& report);

}  // namespace aerotool::aero
