#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/ztensor/layouts.hpp"

namespace aerotool::ztensor {
namespace {

/// Values are as many as `index` has places, of `width` bytes each; that is not judged where the size is not
/// known.
std::optional<Breach> values_breach(const JudgedObject& object, std::string_view index, std::uint64_t width) {
  const PartFacts& places = object.facts(index);
  if (!places.size) return std::nullopt;
  if (*places.size % width != 0) {
    return broken_layout("'" + std::string(index) + "' has " + plural(*places.size, "byte") +
                         ", which is no multiple of " + std::to_string(width));
  }
  const PartFacts& values = object.facts("values");
  return object.require_size("values", size_of(values.type, values.stored, *places.size / width),
                             Rule::layout_rule, "the number of places in '" + std::string(index) + "'");
}

std::uint64_t width_of(const PartFacts& facts) {
  return DType(facts.stored).bits() / 8;
}

}  // namespace

std::optional<Breach> dense_breach(const JudgedObject& object) {
  if (auto breach = object.require_parts({kData})) return breach;
  PartFacts& data = object.facts(kData);
  const auto size = size_of(data.type, data.stored, object.elements());
  if (!data.size) data.size = size;
  return object.require_size(kData, size, Rule::dense_size);
}

std::optional<Breach> csr_breach(const JudgedObject& object) {
  if (object.shape().size() != 2)
    return broken_layout("the layout is for matrices, and the shape is " + to_string(object.shape()));
  if (auto breach = object.require_parts({"values", "indices", "indptr"})) return breach;
  for (const std::string_view role : {"indices", "indptr"}) {
    if (auto breach = object.require_index(role)) return breach;
  }
  const PartFacts& indices = object.facts("indices");
  const PartFacts& indptr = object.facts("indptr");
  if (object.is_2() && indices.stored != indptr.stored)
    return broken_layout("'indices' and 'indptr' are of different dtypes");
  const auto pointers = checked_add(object.shape()[0], 1);
  const auto size = pointers ? size_of(nullptr, indptr.stored, *pointers) : std::nullopt;
  if (auto breach = object.require_size("indptr", size)) return breach;
  if (auto breach = values_breach(object, "indices", width_of(indices))) return breach;
  return object.require_no_attributes();
}

std::optional<Breach> coo_breach(const JudgedObject& object) {
  const std::uint64_t rank = object.shape().size();
  if (rank == 0) return broken_layout("the layout is not for scalars");
  if (auto breach = object.require_parts({"values", "coords"})) return breach;
  if (auto breach = object.require_index("coords")) return breach;
  if (auto breach = values_breach(object, "coords", rank * width_of(object.facts("coords")))) return breach;
  return object.require_no_attributes();
}

}  // namespace aerotool::ztensor
