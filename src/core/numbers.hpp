// Numbers and sizes as a user writes them.
#pragma once

#include <cstdint>
#include <string>

namespace aerotool {

/// Plain digits. Throws UsageError that names `option`.
std::uint64_t parse_count(const std::string& text, const std::string& option);

/// A number of bytes: "4096", "4K" and "4KiB" (binary), "5GB" (decimal). Throws UsageError that names
/// `option`.
std::uint64_t parse_size(const std::string& text, const std::string& option);

}  // namespace aerotool
