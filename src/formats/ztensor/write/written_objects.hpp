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

/// The objects of a plan, which outlives this, by name in byte order. Each is made when it is asked for:
/// there may be as many as tensors, and the plan has what they say.
class WrittenObjects {
 public:
  /// Throws UnsupportedError that names the tensors which the version has no type or no name for, and
  /// CorruptError where an object contradicts itself.
  WrittenObjects(const Plan& plan, Version version);

  std::size_t size() const { return entries_.size(); }
  WrittenObject at(std::size_t number) const;
  const std::string& name(std::size_t number) const;

  /// The parts of all objects are numbered in order. Of each: its tensor, an index into Plan::tensors.
  const std::vector<std::size_t>& part_tensors() const { return part_tensors_; }
  std::size_t first_part(std::size_t number) const;

  /// Their numbers in the order in which a map has their names as keys.
  std::vector<std::uint32_t> key_order() const;

 private:
  struct Entry {
    std::uint32_t number = 0;  // of a tensor of the plan, or of an object
    bool is_object = false;
  };
  WrittenObject made(const Entry& entry) const;
  const std::string& name_of(const Entry& entry) const;
  void number_parts();

  const Plan& plan_;
  Version version_;
  std::vector<Object> planned_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> part_tensors_;
  std::vector<std::size_t> first_parts_;  // of each object; empty where each has one part
};

}  // namespace aerotool::ztensor
