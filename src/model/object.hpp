// What a format stores as several tensors and means as one: the indexes and values of a sparse matrix, the
// codes and scales of quantized groups. A format without such objects has nothing to do with them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/metadata.hpp"
#include "model/tensor.hpp"

namespace aerotool {

struct Object {
  struct Part {
    std::string role;        ///< "values", "scales", "indices"; as the layout calls it
    std::size_t tensor = 0;  ///< index into Model::tensors()
  };

  std::string name;
  std::string layout;  ///< "sparse_csr", "quantized_group"; as its format calls it
  Shape shape;         ///< of what it means, row-major
  Metadata attributes;
  std::vector<Part> parts;
};

/// The tensor that has a role; nothing where none has.
std::optional<std::size_t> part_of(const Object& object, std::string_view role);

/// What is wrong with the objects of a model that has so many tensors: a part that is not there, a role or a
/// name that is given twice, a tensor that is a part of two. Empty where nothing is.
std::string problem_of(std::span<const Object> objects, std::size_t tensors);

/// By tensor: the object that it is a part of; nothing where it stands by itself. The objects have no
/// problem.
std::vector<std::optional<std::size_t>> objects_of_tensors(std::span<const Object> objects,
                                                           std::size_t tensors);

}  // namespace aerotool
