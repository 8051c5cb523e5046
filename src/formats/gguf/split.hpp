// What one file of a split model says of itself: its name, and the split.* keys of its metadata
// (src/formats/gguf_split/FORMAT.md, "Names and keys").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/metadata.hpp"
#include "model/numbered_name.hpp"

namespace aerotool::gguf {

constexpr std::string_view kSplitNumberKey = "split.no";              ///< u16, counts from 0
constexpr std::string_view kSplitCountKey = "split.count";            ///< u16
constexpr std::string_view kSplitTensorsKey = "split.tensors.count";  ///< i32, of all files together

/// NAME-00002-of-00003.gguf; nothing where a path has not the name of a part.
std::optional<NumberedName> split_name(std::string_view path);

bool is_split_key(std::string_view key);

/// Leaves the keys out; whether there were any.
bool erase_split_keys(Metadata& metadata);

/// Whether metadata has any of the keys.
bool says_split(const Metadata& metadata);

/// The number under one of the keys, whatever its width; nothing where there is none.
std::optional<std::uint64_t> split_number(const Metadata& metadata, std::string_view key);

}  // namespace aerotool::gguf
