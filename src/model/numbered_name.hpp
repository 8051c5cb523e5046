// NAME-00002-of-00003.ENDING, as the files of a model that lies in several are called.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aerotool {

struct NumberedName {
  std::string stem;         ///< all before the first number's dash, directories too
  std::uint32_t part = 0;   ///< from 1 to count
  std::uint32_t count = 0;  ///< at most 99,999: the numbers have five digits
  std::string ending;       ///< from its dot on: ".gguf", ".fp16.safetensors"
};

/// Nothing where a path is called otherwise.
std::optional<NumberedName> numbered_name(std::string_view path);

/// The path of another part, beside it.
std::string part_path(const NumberedName& name, std::uint32_t part);

/// The names of all parts, without directories.
std::vector<std::string> part_names(const NumberedName& name);

/// A shell pattern for all parts: NAME-*-of-00003.ENDING
std::string parts_pattern(const NumberedName& name);

/// Whether both are parts of one model.
bool same_parts(const NumberedName& a, const NumberedName& b);

}  // namespace aerotool
