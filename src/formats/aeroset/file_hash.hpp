// The SHA-256 that an index gives of a file.
#pragma once

#include <string_view>

#include "core/error.hpp"
#include "hash/digest.hpp"
#include "io/input.hpp"

namespace aerotool::aeroset {

/// Who says what the SHA-256 has to be.
inline constexpr std::string_view kByIndex = "the index";

/// What is told of a file whose SHA-256 is another than the index's.
CorruptError wrong_sha256(const io::Input& input, const Digest& found, const Digest& expected);

}  // namespace aerotool::aeroset
