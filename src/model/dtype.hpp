// Element types: a closed list with codes of their own, and packed types (quantized blocks, small floats)
// that are named by a codec and measured by their block geometry.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "encoding/value.hpp"

namespace aerotool {

/// Numbered as AERO numbers them (src/formats/aero/FORMAT.md, "dtype codes").
enum class DTypeCode : std::uint16_t {
  f16 = 0,
  f32 = 1,
  bf16 = 2,
  f64 = 3,
  i8 = 4,
  u8 = 5,
  i16 = 6,
  u16 = 7,
  i32 = 8,
  u32 = 9,
  i64 = 10,
  u64 = 11,
  boolean = 12,
  packed = 0x8000,
};

/// A type that has no code of its own.
struct PackedType {
  std::string codec;                 ///< "ggml", "safetensors", or what a file says
  std::string name;                  ///< "Q4_K", "F8_E4M3"
  std::uint32_t block_elements = 0;  ///< 0: geometry not known (a codec this program has never met)
  std::uint32_t block_bytes = 0;
  bool blocks_in_rows = false;          ///< the innermost dimension is a multiple of block_elements
  std::optional<std::uint32_t> number;  ///< ggml's type id
  Value params;                         ///< of a codec that is not known, as the file gave them
  std::uint32_t row_bytes = 0;          ///< that stand before the blocks of each row
};

/// Bytes of a tensor, or why the shape has none.
struct ByteSize {
  std::optional<std::uint64_t> bytes;
  std::string
      problem;  ///< "4000 elements a row is not a multiple of Q4_K's 256"; empty where size is not known
};

class DType {
 public:
  DType() = default;
  constexpr DType(DTypeCode code) : code_(code) {}
  /// The packed type must outlive every copy: known ones are static, others belong to their Model.
  constexpr explicit DType(const PackedType& type) : code_(DTypeCode::packed), packed_(&type) {}

  DTypeCode code() const { return code_; }
  bool is_packed() const { return code_ == DTypeCode::packed; }
  const PackedType& packed() const { return *packed_; }

  /// "F32", "BF16", "BOOL", "Q4_K", "F8_E4M3".
  std::string_view name() const;
  /// Bits of one element; 0 for a packed type with more than one element a block.
  std::uint32_t bits() const;
  /// Size of a row-major shape; overflow and broken blocks are problems.
  ByteSize size_of(std::span<const std::uint64_t> shape) const;

  friend bool operator==(const DType& a, const DType& b);

 private:
  DTypeCode code_ = DTypeCode::u8;
  const PackedType* packed_ = nullptr;
};

/// The dtype that AERO gives a code; nothing for unknown ones and for packed.
std::optional<DTypeCode> dtype_from_code(std::uint64_t code);

/// A dtype by its name: one that has a code, or one of codecs/small_types; nothing for unknown ones.
std::optional<DType> dtype_named(std::string_view name);

/// The number of elements; nothing on overflow.
std::optional<std::uint64_t> element_count(std::span<const std::uint64_t> shape);

}  // namespace aerotool
