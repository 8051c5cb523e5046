// The tensors of a checkpoint under their names: the way of keys that leads to each, joined by dots
// (src/formats/torch/FORMAT.md, "Names").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/torch/pickled.hpp"

namespace aerotool::torch {

struct NamedTensor {
  std::string name;
  std::uint32_t tensor = 0;  ///< of Pickled::tensors()
  bool is_flat = false;      ///< a part of an object whose shape does not count
};

struct NamedObject {
  std::string name;
  std::uint32_t object = 0;  ///< of Pickled::objects()
  std::size_t first = 0;     ///< its parts are named tensors from this one on
};

struct Names {
  std::vector<NamedTensor> tensors;  ///< in the order of the pickle
  std::vector<NamedObject> objects;
  std::vector<UnreadTensor> left_out;  ///< what is a tensor, and cannot be read
  std::string unwrapped;               ///< the key of the dict whose name the tensors in it do not have
  std::vector<std::string> same;       ///< names that several tensors have
};

/// Goes through a pickle that was read. With a key, which names a container or a tensor by its full path,
/// what lies there alone. Throws UnsupportedError where there is more than is handled, and UsageError where
/// nothing lies under the key.
Names names_of(const Pickled& pickled, const std::string& path, std::string_view key);

}  // namespace aerotool::torch
