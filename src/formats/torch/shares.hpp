// What a DTensor of torch.distributed says of its process's part, where each process has written a file of
// its own (src/formats/torch/FORMAT.md, "Shares").
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "encoding/pickle/nodes.hpp"
#include "formats/torch/types.hpp"
#include "model/tensor.hpp"

namespace aerotool::torch {

// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct Share {
  pickle::NodeId local{};                    ///< the node of the part
  const ElementType* type = nullptr;         ///< of the whole tensor; null where it is not known
  Shape shape = {};                          ///< of the whole tensor, in elements of theirs
  std::optional<std::uint64_t> cut_along{};  ///< a dimension; nothing where each process has all of it
  std::string problem = {};                  ///< why nothing is put together of such parts
};

/// Whether the class of a tensor is DTensor, in one of the modules where it has been.
bool is_distributed(const pickle::Global& global);

/// Why a tensor of a class that is none of torch's own is not read.
std::string reason_of_class(const pickle::Global& global);

/// Of the arguments of torch._tensor._rebuild_from_type_v2 that make a DTensor. What is not as expected is
/// its problem.
Share share_of(const pickle::Nodes& nodes, std::span<const pickle::NodeId> arguments);

}  // namespace aerotool::torch
