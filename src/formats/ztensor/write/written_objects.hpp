// What a plan makes of objects: which parts of which types, whatever format they come from.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/ztensor/layout.hpp"
#include "formats/ztensor/types.hpp"
#include "model/metadata.hpp"
#include "model/object.hpp"
#include "transfer/plan.hpp"

namespace aerotool::ztensor {

struct WrittenPart {
  std::string role;
  std::size_t tensor = 0;  ///< index into Plan::tensors
  std::string_view dtype;  ///< as the version calls it
  std::string type;        ///< empty: none
  std::uint64_t size = 0;
};

// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct WrittenObject {
  std::string name;
  std::string layout;
  Shape shape;
  std::optional<Metadata> attributes;
  std::vector<WrittenPart> parts;  ///< by role, in byte order
};

/// A tensor by itself; nothing where the version has no type for it. `index` becomes WrittenPart::tensor.
std::optional<WrittenObject> written_tensor(const Tensor& tensor, std::size_t index, Version version);

/// An object of tensors that are found by Object::Part::tensor; nothing where the version has no type for
/// one.
using TensorAt = std::function<const Tensor&(std::size_t tensor)>;
std::optional<WrittenObject> written_object(const Object& object, const TensorAt& tensor_at, Version version);

/// By name, in byte order. Throws UnsupportedError that names the tensors which the version has no type or no
/// name for, and CorruptError where an object contradicts itself.
std::vector<WrittenObject> written_objects(const Plan& plan, Version version);

}  // namespace aerotool::ztensor
