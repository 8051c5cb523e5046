// zTensor's element types (src/formats/ztensor/FORMAT.md, "Version 0.1", "Manifest", "Logical types").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "formats/ztensor/layout.hpp"
#include "model/dtype.hpp"

namespace aerotool::ztensor {

/// The dtype that elements are stored as, by the name that a version has for it; nothing for a name that it
/// does not have.
std::optional<DTypeCode> stored_type(std::string_view name, Version version);

/// What stored elements mean: "f8_e4m3fn" on u8.
struct LogicalType {
  std::string_view name;
  DTypeCode stored = DTypeCode::u8;
  std::uint32_t elements = 1;  ///< in the smallest run of whole bytes
  std::uint32_t bytes = 1;     ///< of that run
  std::string_view dtype;      ///< what tensors call it
};

/// Null where the version does not know the type.
const LogicalType* logical_type(std::string_view name, Version version);

/// What a version calls the elements of a tensor; nothing where it has no such type. `type` is empty where
/// the dtype says it all.
struct TypeNames {
  std::string_view dtype;
  std::string_view type;
};
std::optional<TypeNames> type_names(const DType& dtype, Version version);

/// Bytes of so many elements of a type, or of a dtype where `type` is null: a run that is begun counts whole.
/// Nothing on overflow.
std::optional<std::uint64_t> size_of(const LogicalType* type, DTypeCode stored, std::uint64_t elements);

}  // namespace aerotool::ztensor
