// A digest with what it is: formats carry hashes of several algorithms, over the bytes as they are stored or
// as they are once they have been decoded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "hash/digest.hpp"

namespace aerotool::hash {

enum class Algorithm : std::uint8_t { blake3, sha256, crc32c, xxh3, crc32 };

/// "blake3", "sha256", "crc32c", "xxh3", "crc32"
std::string_view name_of(Algorithm algorithm);
std::optional<Algorithm> algorithm_named(std::string_view name);
/// Bytes of a value.
std::size_t width_of(Algorithm algorithm);
/// Whether nobody can make other bytes of the same value on purpose.
bool resists_forgery(Algorithm algorithm);

struct Checksum {
  enum class Over : std::uint8_t { stored, decoded };

  Algorithm algorithm = Algorithm::blake3;
  Over over = Over::decoded;
  Digest value{};  ///< the first width_of(algorithm) bytes; the others are zeros

  ByteSpan bytes() const { return std::span(value).first(width_of(algorithm)); }
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

/// Of BLAKE3 and SHA-256.
Checksum checksum_of(Algorithm algorithm, const Digest& digest,
                     Checksum::Over over = Checksum::Over::decoded);
/// Of CRC-32, CRC32C and XXH3, whose values are numbers and written as such: the highest byte comes first.
Checksum checksum_of(Algorithm algorithm, std::uint64_t number,
                     Checksum::Over over = Checksum::Over::decoded);
std::uint64_t number_of(const Checksum& checksum);

/// "crc32c:9c52d81a"
std::string to_string(const Checksum& checksum);
/// The same the other way round; nothing where it is none.
std::optional<Checksum> parse_checksum(std::string_view text, Checksum::Over over = Checksum::Over::decoded);

}  // namespace aerotool::hash
