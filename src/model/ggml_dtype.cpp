#include "model/ggml_dtype.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "codecs/ggml/types.hpp"

namespace aerotool {
namespace {

struct PlainType {
  std::uint32_t id;
  DTypeCode code;
};

constexpr std::array<PlainType, 8> kPlainTypes = {{{0, DTypeCode::f32},
                                                   {1, DTypeCode::f16},
                                                   {24, DTypeCode::i8},
                                                   {25, DTypeCode::i16},
                                                   {26, DTypeCode::i32},
                                                   {27, DTypeCode::i64},
                                                   {28, DTypeCode::f64},
                                                   {30, DTypeCode::bf16}}};

PackedType packed(const ggml::BlockType& type) {
  return {.codec = std::string(ggml::kCodec),
          .name = type.origin == ggml::Origin::gguf ? std::string(type.name) : ggml::number_name(type.id),
          .block_elements = type.block_elements,
          .block_bytes = type.block_bytes,
          .blocks_in_rows = true,
          .number = type.id,
          .params = {},
          .row_bytes = type.row_bytes};
}

std::size_t id_count() {
  return ggml::block_types().back().id + std::size_t{1};
}

/// By id; nothing where the blocks are not known.
std::vector<std::optional<DType>> list_dtypes() {
  static const std::vector<PackedType> packed_types = [] {
    std::vector<PackedType> types;
    for (const ggml::BlockType& type : ggml::block_types()) types.push_back(packed(type));
    return types;
  }();
  std::vector<std::optional<DType>> types(id_count());
  for (const PlainType& plain : kPlainTypes) types[plain.id] = DType(plain.code);
  for (const PackedType& type : packed_types) {
    if (type.block_elements != 0) types[*type.number] = DType(type);
  }
  return types;
}

}  // namespace

std::optional<DType> ggml_dtype(std::uint32_t id) {
  static const std::vector<std::optional<DType>> types = list_dtypes();
  return id < types.size() ? types[id] : std::nullopt;
}

std::optional<std::uint32_t> ggml_id(const DType& dtype) {
  if (dtype.is_packed()) return dtype.packed().codec == ggml::kCodec ? dtype.packed().number : std::nullopt;
  const auto* found = std::ranges::find(kPlainTypes, dtype.code(), &PlainType::code);
  if (found == kPlainTypes.end()) return std::nullopt;
  return found->id;
}

bool is_gguf_type(std::uint32_t id) {
  // Every tensor of a file asks.
  static const std::vector<bool> defined = [] {
    std::vector<bool> ids(id_count());
    for (const PlainType& type : kPlainTypes) ids[type.id] = true;
    for (const ggml::BlockType& type : ggml::block_types()) ids[type.id] = type.origin == ggml::Origin::gguf;
    return ids;
  }();
  return id < defined.size() && defined[id];
}

PackedType unmeasured_ggml_type(std::uint32_t id) {
  return packed({.id = id, .name = {}, .origin = ggml::Origin::removed});
}

bool is_unmeasured(const DType& dtype) {
  if (!dtype.is_packed()) return false;
  const PackedType& type = dtype.packed();
  return type.block_elements == 0 && type.number && type.codec == ggml::kCodec;
}

}  // namespace aerotool
