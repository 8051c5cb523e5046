#include "core/numbers.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include "core/checked.hpp"
#include "core/error.hpp"

namespace aerotool {
namespace {

[[noreturn]] void refuse_too_large(const std::string& text, const std::string& option) {
  throw UsageError(option + ": '" + text + "' is too large");
}

}  // namespace

std::uint64_t parse_count(const std::string& text, const std::string& option) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec == std::errc::result_out_of_range && result.ptr == end) refuse_too_large(text, option);
  if (text.empty() || result.ec != std::errc() || result.ptr != end) {
    throw UsageError(option + " takes a number, not '" + text + "'");
  }
  return value;
}

std::uint64_t parse_size(const std::string& text, const std::string& option) {
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  constexpr std::uint64_t kKilo = 1000;
  constexpr std::array<Unit, 14> kUnits = {{{"", 1},
                                            {"B", 1},
                                            {"K", std::uint64_t{1} << 10},
                                            {"KiB", std::uint64_t{1} << 10},
                                            {"M", std::uint64_t{1} << 20},
                                            {"MiB", std::uint64_t{1} << 20},
                                            {"G", std::uint64_t{1} << 30},
                                            {"GiB", std::uint64_t{1} << 30},
                                            {"T", std::uint64_t{1} << 40},
                                            {"TiB", std::uint64_t{1} << 40},
                                            {"KB", kKilo},
                                            {"MB", kKilo * kKilo},
                                            {"GB", kKilo * kKilo * kKilo},
                                            {"TB", kKilo * kKilo * kKilo * kKilo}}};
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, count);
  const std::string_view unit(result.ptr, static_cast<std::size_t>(end - result.ptr));
  for (const Unit& candidate : kUnits) {
    if (unit != candidate.name || result.ec == std::errc::invalid_argument) continue;
    const auto bytes = checked_mul(count, candidate.bytes);
    if (!bytes || result.ec != std::errc()) refuse_too_large(text, option);
    return *bytes;
  }
  throw UsageError(option + " takes a size such as 4096, 512KiB or 5GB, not '" + text + "'");
}

}  // namespace aerotool
