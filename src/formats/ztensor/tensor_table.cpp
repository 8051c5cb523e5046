#include "formats/ztensor/tensor_table.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "formats/ztensor/ggml_layouts.hpp"

namespace aerotool::ztensor {
namespace {

/// The element type of a part, as far as tensors have it: an odd number of halves of a byte has none.
struct ElementType {
  DType dtype;
  std::uint64_t elements = 0;
  std::string type;  ///< what the dtype does not say
};

/// `shape`: that of the part, where it has to be the object's.
ElementType element_type(const PartEntry& part, const PartFacts& facts, const Shape* shape) {
  const std::uint64_t size = *facts.size;
  const std::uint64_t width = DType(facts.stored).bits() / 8;
  if (size % width != 0) return {DType(DTypeCode::u8), size, std::string(part.dtype)};
  ElementType found{DType(facts.stored), size / width, {}};
  if (facts.type == nullptr) {
    found.type = part.type.value_or(std::string_view{});
    return found;
  }
  const std::uint64_t all = size / facts.type->bytes * facts.type->elements;
  if (size % facts.type->bytes != 0 || (shape != nullptr && element_count(*shape) != all)) {
    found.type = facts.type->name;
    return found;
  }
  return {*dtype_named(facts.type->dtype), all, {}};
}

Object::Kind kind_of(std::string_view layout, bool is_dense) {
  if (is_dense) return Object::Kind::dense;
  if (layout == kCsr1 || layout == kCsr2) return Object::Kind::csr;
  if (layout == kCoo1 || layout == kCoo2) return Object::Kind::coo;
  return Object::Kind::other;
}

std::uint8_t swapped_width(const PartEntry& part, const PartFacts& facts) {
  return part.big_endian ? static_cast<std::uint8_t>(DType(facts.stored).bits() / 8) : std::uint8_t{1};
}

}  // namespace

void TensorTableBuilder::add_shards(std::span<const ShardEntry> shards) {
  for (const ShardEntry& shard : shards)
    files_.try_emplace(shard.name, static_cast<std::uint32_t>(files_.size() + 1));
}

void TensorTableBuilder::add_tensor(std::string name, const DType& dtype, Shape shape, const PartEntry& part,
                                    const PartFacts& facts) {
  Tensor& tensor = table_.tensors.emplace_back();
  tensor.name = std::move(name);
  tensor.dtype = dtype;
  tensor.shape = std::move(shape);
  tensor.size = *facts.size;
  tensor.offset = part.offset;
  tensor.shard = part.shard ? files_.at(*part.shard) : 0;
  table_.parts.push_back({.length = part.length,
                          .file = tensor.shard,
                          .encoding = facts.encoding,
                          .swapped_width = swapped_width(part, facts)});
  table_.checksums.resize(table_.parts.size());
  if (facts.digest) table_.checksums.set(table_.parts.size() - 1, *facts.digest);
}

Object::Part TensorTableBuilder::add_part(const ObjectEntry& object, const PartEntry& part,
                                          const PartFacts& facts, bool has_its_shape) {
  ElementType type = element_type(part, facts, has_its_shape ? &object.shape : nullptr);
  Object::Part made{std::string(part.role), table_.tensors.size(), std::move(type.type)};
  const bool is_whole = has_its_shape && made.type.empty() && element_count(object.shape) == type.elements;
  std::string name(object.name);
  if (!has_its_shape) {
    made_names_.push_back(table_.tensors.size());
    name += "." + made.role;
  }
  add_tensor(std::move(name), type.dtype, is_whole ? object.shape : Shape{type.elements}, part, facts);
  return made;
}

void TensorTableBuilder::add(const ObjectEntry& object, std::span<const PartFacts> facts) {
  const bool is_single = object.parts.size() == 1 && object.parts.front().role == kData;
  if (const auto blocks = is_single ? blocks_of(object, facts.front()) : std::nullopt) {
    add_tensor(std::string(object.name), *blocks, object.shape, object.parts.front(), facts.front());
    return;
  }
  const bool is_dense = is_single && object.layout == kDense;
  Object made;
  for (std::size_t i = 0; i < object.parts.size(); ++i)
    made.parts.push_back(add_part(object, object.parts[i], facts[i], is_dense));
  if (is_dense && !object.attributes && made.parts.front().type.empty() &&
      table_.tensors.back().shape == object.shape)
    return;
  made.name = object.name;
  made.kind = kind_of(object.layout, is_dense);
  made.layout = object.layout;
  made.shape = object.shape;
  if (object.attributes) {
    made.attributes.emplace();
    for (const auto& [key, value] : object.attributes->map())
      made.attributes->entries.emplace_back(key.text(), value);
  }
  table_.objects.push_back(std::move(made));
}

TensorTable TensorTableBuilder::finish() {
  if (!made_names_.empty()) {
    std::unordered_set<std::string_view> names;
    std::size_t next = 0;
    for (std::size_t i = 0; i < table_.tensors.size(); ++i) {
      const bool is_made = next < made_names_.size() && made_names_[next] == i;
      if (is_made) {
        ++next;
      } else {
        names.insert(table_.tensors[i].name);
      }
    }
    std::unordered_map<std::string, std::uint64_t> next_numbers;  // of names that are wanted more than once
    for (const std::size_t i : made_names_) {
      std::string& name = table_.tensors[i].name;
      if (names.insert(name).second) continue;
      const std::string wanted = name;
      std::uint64_t& number = next_numbers.try_emplace(wanted, 2).first->second;
      do {
        name = wanted + "." + std::to_string(number++);
      } while (!names.insert(name).second);
    }
  }
  return std::move(table_);
}

}  // namespace aerotool::ztensor
