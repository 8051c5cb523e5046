// What an entry of an index says of a part, in terms of the program: types, sizes, digests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "formats/ztensor/layout.hpp"
#include "formats/ztensor/rules.hpp"
#include "formats/ztensor/types.hpp"
#include "hash/checksum.hpp"

namespace aerotool::ztensor {

/// A rule that does not hold, and how.
struct Breach {
  Rule rule = Rule::schema;
  std::string message;
};

enum class Encoding : std::uint8_t {
  raw,
  zstd,           ///< one frame
  zstd_seekable,  ///< frames with a table of them
  unknown         ///< of version 2, which has an open set of them
};

struct PartFacts {
  DTypeCode stored = DTypeCode::u8;
  const LogicalType* type = nullptr;
  bool has_unknown_type = false;
  Encoding encoding = Encoding::raw;
  /// Decoded bytes; nothing where only the shape or the bytes themselves tell.
  std::optional<std::uint64_t> size;
  std::optional<hash::Checksum> digest;  ///< of an algorithm that is known

  /// An integer that no logical type gives another meaning.
  bool is_plain_integer() const;
};

/// Fills in `facts`; what is returned is wrong with the entry by itself.
std::optional<Breach> find_facts(const PartEntry& part, Version version, PartFacts& facts);

/// What is wrong with a digest's text; nothing where its algorithm is not known.
std::optional<Breach> read_digest(std::string_view text, Version version,
                                  std::optional<hash::Checksum>& digest);

}  // namespace aerotool::ztensor
