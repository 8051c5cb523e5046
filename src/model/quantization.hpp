// What is said of a model's quantization beside its tensors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace aerotool {

/// What the configuration beside a model says of its quantization, as far as it says it.
struct Quantization {
  std::string method;  ///< "gptq", "awq", "compressed-tensors", "bitsandbytes", ...
  std::optional<std::uint32_t> bits;
  std::optional<std::uint64_t> group_size;  ///< inputs that share a scale

  friend bool operator==(const Quantization&, const Quantization&) = default;
};

}  // namespace aerotool
