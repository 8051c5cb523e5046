// The head of a NumPy .npy file, version 1.0 (src/formats/npy/FORMAT.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/tensor.hpp"

namespace aerotool::npy {

/// "<f4" for F32; nothing for types that NumPy does not have (BF16, F8, blocks).
std::optional<std::string_view> type_of(const DType& dtype);

/// The same for a tensor of the model at `path`; throws UnsupportedError where NumPy does not have its type.
std::string_view required_type(const std::string& path, const Tensor& tensor);

/// Everything before the data: magic, version, and the dictionary padded to a multiple of 64 bytes.
std::string header(std::string_view type, const Shape& shape);

}  // namespace aerotool::npy
