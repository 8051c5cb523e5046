// What the keys of a state dict are called here (src/formats/dcp/FORMAT.md, "Names").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/dcp/index.hpp"

namespace aerotool::dcp {

struct Names {
  struct Named {
    std::uint32_t key = 0;  ///< of Index::keys
    std::string name;
  };
  std::vector<Named> named;  ///< in their order
  std::string unwrapped;     ///< what the names of the tensors below it are without
};

/// With a path, what lies below it alone, without it; none where nothing does.
Names names_of(const Index& index, std::string_view path);

/// The first steps of the ways to the keys, as --key takes them.
std::vector<std::string> ways_in(const Index& index);

/// A model that lies beside the state of an optimizer.
struct ModelBeside {
  std::string way;             ///< to the model, as --key takes it
  std::uint64_t of_optimizer;  ///< tensors
};
/// Nothing where there is no such state, or more than one dict may be the model.
std::optional<ModelBeside> model_beside_optimizer(const Index& index);

}  // namespace aerotool::dcp
