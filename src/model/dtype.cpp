#include "model/dtype.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/checked.hpp"

namespace aerotool {
namespace {

struct PlainType {
  std::string_view name;
  std::uint32_t bits;
  std::optional<std::uint32_t> ggml;  // id in ggml's table
};

// Indexed by DTypeCode.
constexpr std::array<PlainType, 13> kPlain = {{
    {"F16", 16, 1},
    {"F32", 32, 0},
    {"BF16", 16, 30},
    {"F64", 64, 28},
    {"I8", 8, 24},
    {"U8", 8, {}},
    {"I16", 16, 25},
    {"U16", 16, {}},
    {"I32", 32, 26},
    {"U32", 32, {}},
    {"I64", 64, 27},
    {"U64", 64, {}},
    {"BOOL", 8, {}},
}};

PackedType ggml(std::uint32_t id, const char* name, std::uint32_t elements, std::uint32_t bytes) {
  return {.codec = "ggml",
          .name = name,
          .block_elements = elements,
          .block_bytes = bytes,
          .blocks_in_rows = true,
          .number = id,
          .params = {}};
}

PackedType small(const char* name, std::uint32_t elements, std::uint32_t bytes) {
  return {.codec = "safetensors",
          .name = name,
          .block_elements = elements,
          .block_bytes = bytes,
          .blocks_in_rows = false,
          .number = {},
          .params = {}};
}

// spec/gguf.md's table, less the types that are dtypes of their own.
const std::vector<PackedType>& ggml_types() {
  static const std::vector<PackedType> types = {
      ggml(2, "Q4_0", 32, 18),      ggml(3, "Q4_1", 32, 20),      ggml(6, "Q5_0", 32, 22),
      ggml(7, "Q5_1", 32, 24),      ggml(8, "Q8_0", 32, 34),      ggml(9, "Q8_1", 32, 36),
      ggml(10, "Q2_K", 256, 84),    ggml(11, "Q3_K", 256, 110),   ggml(12, "Q4_K", 256, 144),
      ggml(13, "Q5_K", 256, 176),   ggml(14, "Q6_K", 256, 210),   ggml(15, "Q8_K", 256, 292),
      ggml(16, "IQ2_XXS", 256, 66), ggml(17, "IQ2_XS", 256, 74),  ggml(18, "IQ3_XXS", 256, 98),
      ggml(19, "IQ1_S", 256, 50),   ggml(20, "IQ4_NL", 32, 18),   ggml(21, "IQ3_S", 256, 110),
      ggml(22, "IQ2_S", 256, 82),   ggml(23, "IQ4_XS", 256, 136), ggml(29, "IQ1_M", 256, 56),
      ggml(34, "TQ1_0", 256, 54),   ggml(35, "TQ2_0", 256, 66),   ggml(39, "MXFP4", 32, 17),
      ggml(40, "NVFP4", 64, 36),    ggml(41, "Q1_0", 128, 18),    ggml(42, "Q2_0", 64, 18),
  };
  return types;
}

// spec/safetensors.md's dtypes without a code; sub-byte types count as the smallest run of whole bytes.
const std::vector<PackedType>& safetensors_types() {
  static const std::vector<PackedType> types = {
      small("F4", 2, 1),          small("F6_E2M3", 4, 3),     small("F6_E3M2", 4, 3),
      small("F8_E5M2", 1, 1),     small("F8_E4M3", 1, 1),     small("F8_E8M0", 1, 1),
      small("F8_E4M3FNUZ", 1, 1), small("F8_E5M2FNUZ", 1, 1), small("C64", 1, 8),
  };
  return types;
}

// The order of the reference library's enum (spec/safetensors.md, "dtypes").
constexpr std::array<std::string_view, 22> kSafetensorsOrder = {
    "BOOL",    "F4",          "F6_E2M3",     "F6_E3M2", "U8",  "I8",  "F8_E5M2", "F8_E4M3",
    "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I16",     "U16", "F16", "BF16",    "I32",
    "U32",     "F32",         "C64",         "F64",     "I64", "U64"};

std::string count_noun(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " element" : " elements");
}

}  // namespace

std::string_view DType::name() const {
  if (is_packed()) return packed_->name;
  return kPlain.at(static_cast<std::size_t>(code_)).name;
}

std::uint32_t DType::bits() const {
  if (!is_packed()) return kPlain.at(static_cast<std::size_t>(code_)).bits;
  return packed_->block_elements == 1 ? packed_->block_bytes * 8 : 0;
}

ByteSize DType::size_of(std::span<const std::uint64_t> shape) const {
  const auto count = element_count(shape);
  if (!count) return {{}, "the number of elements passes 2^64"};
  std::uint64_t block_elements = 1;
  std::uint64_t block_bytes = bits() / 8;
  if (is_packed()) {
    block_elements = packed_->block_elements;
    block_bytes = packed_->block_bytes;
    if (block_elements == 0) return {};
    const std::uint64_t row = packed_->blocks_in_rows && !shape.empty() ? shape.back() : *count;
    if (row % block_elements != 0) {
      return {{},
              count_noun(row) + (packed_->blocks_in_rows ? " a row" : "") + " is not a multiple of " +
                  packed_->name + "'s " + std::to_string(block_elements)};
    }
  }
  const auto bytes = checked_mul(*count / block_elements, block_bytes);
  if (!bytes) return {{}, "its size in bytes passes 2^64"};
  return {bytes, {}};
}

bool operator==(const DType& a, const DType& b) {
  if (a.code_ != b.code_) return false;
  if (!a.is_packed() || a.packed_ == b.packed_) return true;
  return a.packed_->codec == b.packed_->codec && a.packed_->name == b.packed_->name &&
         a.packed_->params == b.packed_->params;
}

std::optional<DTypeCode> dtype_from_code(std::uint64_t code) {
  if (code >= kPlain.size()) return std::nullopt;
  return static_cast<DTypeCode>(code);
}

std::optional<DType> ggml_dtype(std::uint32_t id) {
  for (std::size_t i = 0; i < kPlain.size(); ++i) {
    if (kPlain[i].ggml == id) return DType(static_cast<DTypeCode>(i));
  }
  for (const PackedType& type : ggml_types()) {
    if (type.number == id) return DType(type);
  }
  return std::nullopt;
}

std::optional<std::uint32_t> ggml_id(const DType& dtype) {
  if (!dtype.is_packed()) return kPlain.at(static_cast<std::size_t>(dtype.code())).ggml;
  return dtype.packed().codec == "ggml" ? dtype.packed().number : std::nullopt;
}

std::optional<DType> safetensors_dtype(std::string_view name) {
  for (std::size_t i = 0; i < kPlain.size(); ++i) {
    if (kPlain[i].name == name) return DType(static_cast<DTypeCode>(i));
  }
  for (const PackedType& type : safetensors_types()) {
    if (type.name == name) return DType(type);
  }
  return std::nullopt;
}

std::optional<unsigned> safetensors_rank(const DType& dtype) {
  if (dtype.is_packed() && dtype.packed().codec != "safetensors") return std::nullopt;
  const auto* found = std::find(kSafetensorsOrder.begin(), kSafetensorsOrder.end(), dtype.name());
  if (found == kSafetensorsOrder.end()) return std::nullopt;
  return static_cast<unsigned>(found - kSafetensorsOrder.begin());
}

std::optional<std::uint64_t> element_count(std::span<const std::uint64_t> shape) {
  // In order and without a short cut for zeros, as the safetensors library multiplies: it refuses
  // [2^63, 2^63, 0] and accepts [0, 2^63, 2^63].
  std::uint64_t count = 1;
  for (const std::uint64_t dimension : shape) {
    const auto next = checked_mul(count, dimension);
    if (!next) return std::nullopt;
    count = *next;
  }
  return count;
}

}  // namespace aerotool
