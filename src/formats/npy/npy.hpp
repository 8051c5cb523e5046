// The head of a NumPy .npy file, version 1.0 (src/formats/npy/FORMAT.md).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/tensor.hpp"

namespace aerotool::npy {

/// "<f4" for F32; nothing for types that NumPy does not have (BF16, F8, blocks).
std::optional<std::string_view> type_of(const DType& dtype);

/// What an array's header says of a tensor that is written.
struct WrittenType {
  std::string descr;
  std::string_view note = {};  ///< what its reader has to know, where NumPy itself does not; else empty
};

/// As type_of(), and what NumPy has no type for and others write by convention: BF16, F8_E5M2. What came as
/// bytes from NumPy goes there as bytes. Nothing where readers would see something else.
std::optional<WrittenType> written_type(const DType& dtype);

/// The same for a tensor of the model at `path`; throws UnsupportedError where there is none.
WrittenType required_written_type(const std::string& path, const Tensor& tensor);

/// A line for each type of these tensors that NumPy itself does not have.
std::vector<std::string> notes_on_types(std::span<const Tensor* const> tensors);

/// What type_of() says of a tensor of the model at `path`; throws UnsupportedError where NumPy does not have
/// its type.
std::string_view required_type(const std::string& path, const Tensor& tensor);

/// Everything before the data: magic, version, and the dictionary padded to a multiple of 64 bytes.
std::string header(std::string_view type, const Shape& shape);

}  // namespace aerotool::npy
