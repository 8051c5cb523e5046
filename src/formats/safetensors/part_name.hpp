// The numbered files of a sharded model, as the Hugging Face libraries call them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/numbered_name.hpp"
#include "model/report.hpp"

namespace aerotool::safetensors {

inline constexpr std::string_view kExtension = ".safetensors";

/// NAME-00001-of-00002.safetensors or, as diffusers calls a variant, NAME-00001-of-00002.VARIANT.safetensors.
std::optional<NumberedName> part_name(std::string_view path);

/// Warns where a file is by its name one of several, since it is read without the others.
void warn_of_part_alone(const std::string& path, Report& report);

}  // namespace aerotool::safetensors
