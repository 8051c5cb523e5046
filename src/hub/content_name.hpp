// Files whose names are the hashes of their content, in the stores of a Hugging Face cache and of ollama.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hash/digest.hpp"

namespace aerotool::hub {

/// The last component of a path, and what stands before it without the slash.
std::string_view last_name(std::string_view path);
std::string parent_of(const std::string& path);

/// Not empty, and digits alone.
bool is_hexadecimal(std::string_view text);

/// The SHA-256 that 64 hexadecimal digits say. A name of 40 is a SHA-1, which is not looked at.
std::optional<Digest> sha256_in_name(std::string_view name);

/// The SHA-256 of a file that is a blob of a Hugging Face cache (R/blobs/HEX, where R is a repository) or of
/// ollama (blobs/sha256-HEX), or a link that leads to one. Never throws for what is at the path.
std::optional<Digest> promised_sha256(const std::string& path);

}  // namespace aerotool::hub
