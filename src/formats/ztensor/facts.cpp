#include "formats/ztensor/facts.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace aerotool::ztensor {
namespace {

std::string quoted(std::string_view text) {
  return "'" + escape_controls(shortened(text)) + "'";
}

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

std::optional<Breach> find_encoding(const PartEntry& part, Version version, PartFacts& facts) {
  if (version == Version::v2) {
    // There is none of that name: raw is what has no encoding.
    if (part.decoded_length)
      facts.encoding = part.encoding == kZstdSeekable ? Encoding::zstd_seekable : Encoding::unknown;
  } else if (part.encoding == kZstd) {
    facts.encoding = Encoding::zstd;
  } else if (part.encoding != kRaw) {
    return Breach{Rule::encoding, "the encoding " + quoted(part.encoding) + " is not known"};
  }
  facts.size = facts.encoding == Encoding::raw ? part.length : part.decoded_length;
  const bool is_zstd = facts.encoding == Encoding::zstd || facts.encoding == Encoding::zstd_seekable;
  // A block of zstd decodes to 128 KiB at most, and takes four bytes at least (RFC 8878, 3.1.1.2).
  constexpr std::uint64_t kBlock = std::uint64_t{128} << 10;
  constexpr std::uint64_t kLeastBlock = 4;
  if (is_zstd && facts.size && *facts.size / kBlock > part.length / kLeastBlock) {
    return Breach{Rule::encoding,
                  plural(part.length, "byte") + " of zstd do not decode to " + with_thousands(*facts.size)};
  }
  if (facts.encoding == Encoding::raw && part.decoded_length.value_or(part.length) != part.length) {
    return Breach{Rule::encoding, "raw bytes have a length of " + std::to_string(part.length) +
                                      " and an uncompressed one of " + std::to_string(*part.decoded_length)};
  }
  return std::nullopt;
}

std::optional<Breach> find_type(const PartEntry& part, Version version, PartFacts& facts) {
  const auto stored = stored_type(part.dtype, version);
  if (!stored) return Breach{Rule::schema, "the dtype " + quoted(part.dtype) + " is not known"};
  facts.stored = *stored;
  if (!part.type) return std::nullopt;
  facts.type = logical_type(*part.type, version);
  facts.has_unknown_type = facts.type == nullptr;
  if (facts.type != nullptr && facts.type->stored != *stored) {
    return Breach{Rule::schema, "the type " + quoted(*part.type) + " is stored as " +
                                    std::string(DType(facts.type->stored).name()) + ", not as " +
                                    std::string(DType(*stored).name())};
  }
  return std::nullopt;
}

}  // namespace

bool PartFacts::is_plain_integer() const {
  constexpr DTypeCode kOthers[] = {DTypeCode::f16, DTypeCode::f32, DTypeCode::bf16, DTypeCode::f64,
                                   DTypeCode::boolean};
  return type == nullptr && !has_unknown_type && std::ranges::find(kOthers, stored) == std::end(kOthers);
}

std::optional<Breach> read_digest(std::string_view text, Version version,
                                  std::optional<hash::Checksum>& digest) {
  const bool is_2 = version == Version::v2;
  const auto over = is_2 ? hash::Checksum::Over::decoded : hash::Checksum::Over::stored;
  const auto colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (colon == std::string_view::npos)
    return Breach{Rule::schema, "the digest " + quoted(text) + " is malformed"};
  std::string_view digits = text.substr(colon + 1);
  if (is_2 && (name.empty() || digits.empty() || !std::ranges::all_of(name, is_lower_or_digit) ||
               !std::ranges::all_of(digits, is_lower_hex)))
    return Breach{Rule::schema, "the digest " + quoted(text) + " is malformed"};
  const auto algorithm = hash::algorithm_named(name);
  const bool is_known = algorithm && (*algorithm == hash::Algorithm::sha256 ||
                                      *algorithm == (is_2 ? hash::Algorithm::xxh3 : hash::Algorithm::crc32c));
  if (!is_known) return std::nullopt;
  if (!is_2 && *algorithm == hash::Algorithm::crc32c) {
    if (!digits.starts_with("0x") && !digits.starts_with("0X"))
      return Breach{Rule::schema, "the digest " + quoted(text) + " is malformed"};
    digits.remove_prefix(2);
  }
  digest = hash::parse_checksum(std::string(name) + ":" + std::string(digits), over);
  if (!digest) return Breach{Rule::schema, "the digest " + quoted(text) + " is malformed"};
  return std::nullopt;
}

std::optional<Breach> find_facts(const PartEntry& part, Version version, PartFacts& facts) {
  if (auto breach = find_type(part, version, facts)) return breach;
  if (auto breach = find_encoding(part, version, facts)) return breach;
  const std::uint32_t width = DType(facts.stored).bits() / 8;
  if (part.big_endian && (width == 1 || facts.encoding != Encoding::raw))
    return Breach{Rule::schema, "a big-endian order of bytes is for raw elements of several bytes"};
  if (part.digest) return read_digest(*part.digest, version, facts.digest);
  return std::nullopt;
}

}  // namespace aerotool::ztensor
