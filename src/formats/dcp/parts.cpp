#include "formats/dcp/parts.hpp"

#include <algorithm>
#include <utility>

#include "core/checked.hpp"
#include "core/text.hpp"

namespace aerotool::dcp {

void PartsBuilder::begin_file(const std::string& name, std::uint64_t size) {
  builder_.add_file(name);
  file_ = name;
  sizes_.push_back(size);
}

PartsBuilder::Whole& PartsBuilder::whole(const std::string& name) {
  const auto [found, is_new] = known_.emplace(name, wholes_.size());
  if (is_new) wholes_.emplace_back().name = name;
  return wholes_[found->second];
}

void PartsBuilder::set_problem(const std::string& name, Code code, std::string problem) {
  Whole& tensor = whole(name);
  if (!tensor.problem.empty()) return;
  tensor.problem = std::move(problem);
  tensor.code = code;
}

bool PartsBuilder::set_shape(const std::string& name, const Shape& shape) {
  Whole& tensor = whole(name);
  if (!tensor.shape) tensor.shape = shape;
  return *tensor.shape == shape;
}

void PartsBuilder::add(const std::string& name, Part part) {
  Whole& tensor = whole(name);
  if (tensor.chunks.empty()) {
    tensor.type = part.type;
    tensor.type_name = part.type_name;
    tensor.reach.assign(part.size.size(), 0);
  }
  if (part.type != tensor.type || part.type_name != tensor.type_name)
    return set_problem(name, Code::dtype, "has parts of two dtypes");
  if (part.begin.size() != tensor.reach.size() || part.size.size() != tensor.reach.size())
    return set_problem(name, Code::shape, "has parts of different ranks");
  for (std::size_t i = 0; i < part.size.size(); ++i) {
    const auto end = checked_add(part.begin[i], part.size[i]);
    if (!end) return set_problem(name, Code::shape, "has a part that is beyond all numbers");
    tensor.reach[i] = std::max(tensor.reach[i], *end);
  }
  tensor.chunks.push_back(builder_.add_chunk(part.begin, part.size));
  const std::uint32_t place = builder_.add_place(name, part.begin);
  builder_.set_item(place, builder_.add_item(file_, part.offset, part.length, {}));
}

Parts PartsBuilder::finish() {
  for (Whole& tensor : wholes_) {
    const Shape& shape = tensor.shape ? *tensor.shape : tensor.reach;
    const auto number = builder_.add_tensor(tensor.type, std::move(tensor.type_name), shape, tensor.chunks);
    builder_.add_key(tensor.name, number);
  }
  Parts parts;
  parts.index = builder_.finish();
  parts.index.is_plain = true;
  // Keys are in the order in which they were added.
  for (std::size_t i = 0; i < wholes_.size(); ++i) {
    if (wholes_[i].problem.empty()) continue;
    parts.index.keys[i].problem = std::move(wholes_[i].problem);
    parts.index.keys[i].code = wholes_[i].code;
  }
  parts.sizes = std::move(sizes_);
  return parts;
}

}  // namespace aerotool::dcp
