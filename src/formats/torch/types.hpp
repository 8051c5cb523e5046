// The element types of torch as ours (src/formats/torch/FORMAT.md, "Types").
#pragma once

#include <cstdint>
#include <string_view>

#include "model/dtype.hpp"

namespace aerotool::torch {

struct ElementType {
  std::string_view name = {};     ///< "float32": torch.float32
  std::string_view storage = {};  ///< "Float": torch.FloatStorage; empty where only untyped storages hold it
  std::string_view ours =
      {};  ///< the name of the dtype that it is here; of a quantized one that of its integers
  std::uint32_t bytes = 1;    ///< of an element as torch counts them; 0 where several are in a byte
  std::uint32_t numbers = 1;  ///< in an element, each with a byte order of its own: 2 of complex ones
  std::uint32_t values = 1;   ///< of ours in an element of theirs
  bool has_sign_bit = false;  ///< the highest bit of each number negates it
  bool is_quantized = false;

  DType dtype() const;
  bool is_complex() const { return numbers == 2; }
};

/// By the name of a dtype: "float32". Null where there is none.
const ElementType* element_type_named(std::string_view name);

/// Of one of our dtypes, as tensors have it that are not quantized. Null where torch has none.
const ElementType* element_type_of(const DType& dtype);

/// By the name of a storage class: "FloatStorage". Null where there is none.
const ElementType* element_type_of_storage(std::string_view name);

/// Bytes without a type, which torch counts as such.
const ElementType& untyped();

}  // namespace aerotool::torch
