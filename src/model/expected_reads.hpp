// Tells inputs which tensors will be read.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "io/input.hpp"
#include "model/tensor.hpp"

namespace aerotool {

/// Of tensors that lie in `input` as they are: Model::expect_reads().
void expect_reads_of(const io::Input& input, const std::vector<Tensor>& tensors,
                     std::span<const std::size_t> wanted);

}  // namespace aerotool
