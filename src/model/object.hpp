// What a format stores as several tensors and means as one: the indexes and values of a sparse matrix, the
// codes and scales of quantized groups. A format without such objects has nothing to do with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/metadata.hpp"
#include "model/tensor.hpp"

namespace aerotool {

// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct Object {
  /// What the layout means, where that is known, whatever a format calls it.
  enum class Kind : std::uint8_t {
    other,
    dense,  ///< one part, which is the tensor
    csr,    ///< parts values, indices (columns), indptr (where each row begins)
    coo     ///< parts values, coords (for each dimension the places of all values)
  };

  struct Part {
    std::string role;        ///< "values", "scales", "indices"; as the layout calls it
    std::size_t tensor = 0;  ///< index into Model::tensors()
    std::string type = {};   ///< what its format calls the elements, where the tensor's dtype does not say it
  };

  std::string name;
  Kind kind = Kind::other;
  std::string layout;                  ///< "sparse_csr", "quantized_group"; as its format calls it
  Shape shape;                         ///< of what it means, row-major
  std::optional<Metadata> attributes;  ///< absent: there were none; empty: they were empty
  std::vector<Part> parts;
};

/// "other", "dense", "csr", "coo"
std::string_view name_of(Object::Kind kind);
std::optional<Object::Kind> object_kind_named(std::string_view name);

/// Whether two objects of one name mean the same, as far as their tensors do: layout, shape, attributes in
/// any order, and roles in any order.
bool same_meaning(const Object& a, const Object& b);

/// The tensor that has a role; nothing where none has.
std::optional<std::size_t> part_of(const Object& object, std::string_view role);

/// What is wrong with the objects of a model that has so many tensors: a part that is not there, a role or a
/// name that is given twice, a tensor that is a part of two. Empty where nothing is.
std::string problem_of(std::span<const Object> objects, std::size_t tensors);

/// Finds the object that a tensor is a part of. The objects, which have no problem, outlive this; it costs
/// nothing where there are none.
class ObjectsOfTensors {
 public:
  ObjectsOfTensors(std::span<const Object> objects, std::size_t tensors);

  /// Null where the tensor stands by itself.
  const Object* of(std::size_t tensor) const;
  /// The number of such an object among all.
  std::size_t number_of(const Object& object) const {
    return static_cast<std::size_t>(&object - objects_.data());
  }

 private:
  std::span<const Object> objects_;
  std::vector<std::size_t> numbers_;  // 1 + the object's, by tensor; 0 where there is none
};

}  // namespace aerotool
