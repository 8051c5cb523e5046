#include "model/ggml_types.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace aerotool {
namespace {

enum class Origin { gguf, removed, ik };

struct GgmlType {
  std::uint32_t id = 0;
  std::string_view name;
  std::uint32_t block_elements = 0;
  std::uint32_t block_bytes = 0;
  std::uint32_t row_bytes = 0;
  Origin origin = Origin::gguf;
};

#define AEROTOOL_GGML_TYPE(id, name, elements, bytes, row_bytes, origin) \
  GgmlType{id, name, elements, bytes, row_bytes, Origin::origin},
constexpr std::array kTypes = {
#include "model/ggml_types.inc"
};
#undef AEROTOOL_GGML_TYPE

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

constexpr std::uint32_t kFirstOfForks = 97;
constexpr std::uint32_t kTwoReadings = 36;
constexpr std::size_t kIds = kTypes.back().id + 1;

const GgmlType* find(std::uint32_t id) {
  const auto* found = std::ranges::lower_bound(kTypes, id, {}, &GgmlType::id);
  return found != kTypes.end() && found->id == id ? found : nullptr;
}

std::string number_name(std::uint32_t id) {
  return "type " + std::to_string(id);
}

PackedType packed(const GgmlType& type) {
  return {.codec = "ggml",
          .name = type.origin == Origin::gguf ? std::string(type.name) : number_name(type.id),
          .block_elements = type.block_elements,
          .block_bytes = type.block_bytes,
          .blocks_in_rows = true,
          .number = type.id,
          .params = {},
          .row_bytes = type.row_bytes};
}

/// By id; nothing where the blocks are not known.
std::vector<std::optional<DType>> list_dtypes() {
  static const std::vector<PackedType> packed_types = [] {
    std::vector<PackedType> types;
    for (const GgmlType& type : kTypes) types.push_back(packed(type));
    return types;
  }();
  std::vector<std::optional<DType>> types(kIds);
  for (const PlainType& plain : kPlainTypes) types[plain.id] = DType(plain.code);
  for (const PackedType& type : packed_types) {
    if (type.block_elements != 0) types[*type.number] = DType(type);
  }
  return types;
}

/// What a file with a removed type is to be made again as.
std::string_view successor(std::string_view removed) {
  if (removed.starts_with("IQ4_NL")) return "IQ4_NL";
  return removed == "Q4_3" ? "Q4_1" : "Q4_0";
}

}  // namespace

std::optional<DType> ggml_dtype(std::uint32_t id) {
  static const std::vector<std::optional<DType>> types = list_dtypes();
  return id < types.size() ? types[id] : std::nullopt;
}

std::optional<std::uint32_t> ggml_id(const DType& dtype) {
  if (dtype.is_packed()) return dtype.packed().codec == "ggml" ? dtype.packed().number : std::nullopt;
  const auto* found = std::ranges::find(kPlainTypes, dtype.code(), &PlainType::code);
  if (found == kPlainTypes.end()) return std::nullopt;
  return found->id;
}

bool is_gguf_type(std::uint32_t id) {
  // Every tensor of a file asks.
  static constexpr std::array<bool, kIds> kDefined = [] {
    std::array<bool, kIds> defined{};
    for (const PlainType& type : kPlainTypes) defined[type.id] = true;
    for (const GgmlType& type : kTypes) defined[type.id] = type.origin == Origin::gguf;
    return defined;
  }();
  return id < kIds && kDefined[id];
}

PackedType unmeasured_ggml_type(std::uint32_t id) {
  return packed({.id = id, .name = {}, .origin = Origin::removed});
}

bool is_unmeasured(const DType& dtype) {
  if (!dtype.is_packed()) return false;
  const PackedType& type = dtype.packed();
  return type.block_elements == 0 && type.number && type.codec == "ggml";
}

std::string ggml_type_label(std::uint32_t id) {
  std::string label = number_name(id);
  const GgmlType* type = find(id);
  if (type == nullptr) return label;
  const std::string name(type->name);
  if (type->origin == Origin::ik) return label + " (" + name + " of ik_llama.cpp)";
  if (id == kTwoReadings) return label + " (" + name + ", removed, or BitNet's I2_S)";
  return label + " (" + name + ", removed: make the file again as " + std::string(successor(name)) + ")";
}

std::string ggml_type_problem(std::uint32_t id) {
  const std::string label = "ggml " + number_name(id);
  const GgmlType* type = find(id);
  const std::string name(type != nullptr ? type->name : std::string_view{});
  if (id >= kFirstOfForks) {
    return label + " is not known to GGUF: ids of 97 and up are those of forks such as ik_llama.cpp" +
           (type != nullptr ? ", which calls it " + name : "");
  }
  if (type == nullptr) return label + " is not known";
  const std::string removed =
      " was removed from GGUF; make the file again as " + std::string(successor(name));
  if (id == kTwoReadings) return label + " is BitNet's I2_S, or else " + name + ", which" + removed;
  return label + " (" + name + ")" + removed;
}

}  // namespace aerotool
