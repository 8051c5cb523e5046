#include "hash/checksum.hpp"

#include <algorithm>
#include <iterator>

#include "core/text.hpp"

namespace aerotool::hash {
namespace {

struct Row {
  Algorithm algorithm;
  std::string_view name;
  std::size_t width;
  bool resists_forgery;
};

// By their numbers.
constexpr Row kRows[] = {{Algorithm::blake3, "blake3", 32, true},
                         {Algorithm::sha256, "sha256", 32, true},
                         {Algorithm::crc32c, "crc32c", 4, false},
                         {Algorithm::xxh3, "xxh3", 8, false},
                         {Algorithm::crc32, "crc32", 4, false}};

const Row& row_of(Algorithm algorithm) {
  return kRows[static_cast<std::size_t>(algorithm)];
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
  return row_of(algorithm).name;
}

std::optional<Algorithm> algorithm_named(std::string_view name) {
  const auto row = std::ranges::find(kRows, name, &Row::name);
  if (row == std::end(kRows)) return std::nullopt;
  return row->algorithm;
}

std::size_t width_of(Algorithm algorithm) {
  return row_of(algorithm).width;
}

bool resists_forgery(Algorithm algorithm) {
  return row_of(algorithm).resists_forgery;
}

Checksum checksum_of(Algorithm algorithm, const Digest& digest, Checksum::Over over) {
  return {algorithm, over, digest};
}

Checksum checksum_of(Algorithm algorithm, std::uint64_t number, Checksum::Over over) {
  Checksum checksum{algorithm, over, {}};
  const std::size_t width = width_of(algorithm);
  for (std::size_t i = 0; i < width; ++i)
    checksum.value[i] = static_cast<std::byte>(number >> (8 * (width - 1 - i)) & 0xff);
  return checksum;
}

std::uint64_t number_of(const Checksum& checksum) {
  std::uint64_t number = 0;
  for (const std::byte byte : checksum.bytes()) number = number << 8 | std::to_integer<std::uint64_t>(byte);
  return number;
}

std::string to_string(const Checksum& checksum) {
  return std::string(name_of(checksum.algorithm)) + ":" + to_hex(checksum.bytes());
}

std::optional<Checksum> parse_checksum(std::string_view text, Checksum::Over over) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto algorithm = algorithm_named(text.substr(0, colon));
  if (!algorithm) return std::nullopt;
  Checksum checksum{*algorithm, over, {}};
  if (!from_hex(text.substr(colon + 1), std::span(checksum.value).first(width_of(*algorithm))))
    return std::nullopt;
  return checksum;
}

}  // namespace aerotool::hash
