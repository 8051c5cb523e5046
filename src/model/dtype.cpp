#include "model/dtype.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "codecs/small_types.hpp"
#include "core/checked.hpp"

namespace aerotool {
namespace {

struct PlainType {
  std::string_view name;
  std::uint32_t bits;
};

// Indexed by DTypeCode.
constexpr std::array<PlainType, 13> kPlain = {{
    {"F16", 16},
    {"F32", 32},
    {"BF16", 16},
    {"F64", 64},
    {"I8", 8},
    {"U8", 8},
    {"I16", 16},
    {"U16", 16},
    {"I32", 32},
    {"U32", 32},
    {"I64", 64},
    {"U64", 64},
    {"BOOL", 8},
}};

const std::vector<PackedType>& packed_small_types() {
  static const std::vector<PackedType> types = [] {
    std::vector<PackedType> all;
    for (const small_types::SmallType& type : small_types::small_types()) {
      all.push_back({.codec = std::string(small_types::kCodec),
                     .name = std::string(type.name),
                     .block_elements = type.elements,
                     .block_bytes = type.bytes,
                     .blocks_in_rows = false,
                     .number = {},
                     .params = {}});
    }
    return all;
  }();
  return types;
}

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
  if (!count) return {{}, "the number of elements exceeds 2^64"};
  std::uint64_t block_elements = 1;
  std::uint64_t block_bytes = bits() / 8;
  std::optional<std::uint64_t> bytes_of_rows = 0;  // beside their blocks
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
    if (row != 0) bytes_of_rows = checked_mul(*count / row, packed_->row_bytes);
  }
  auto bytes = checked_mul(*count / block_elements, block_bytes);
  bytes = bytes && bytes_of_rows ? checked_add(*bytes, *bytes_of_rows) : std::nullopt;
  if (!bytes) return {{}, "its size in bytes exceeds 2^64"};
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

std::optional<DType> dtype_named(std::string_view name) {
  for (std::size_t i = 0; i < kPlain.size(); ++i) {
    if (kPlain[i].name == name) return DType(static_cast<DTypeCode>(i));
  }
  for (const PackedType& type : packed_small_types()) {
    if (type.name == name) return DType(type);
  }
  return std::nullopt;
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
