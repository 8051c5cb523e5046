// The rules of zTensor files by name, as the reference calls those of version 2
// (src/formats/ztensor/FORMAT.md, "What a reader must reject"); the same words serve the older versions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/finding_code.hpp"

namespace aerotool::ztensor {

enum class Rule : std::uint8_t {
  file_too_small,
  header_magic,
  footer_magic,
  version,
  manifest_bounds,
  manifest_too_large,
  manifest_hash,
  cbor_syntax,
  cbor_determinism,
  cbor_duplicate_key,
  cbor_depth,
  schema,
  name,
  shard_name,
  shard_ref,
  shape,
  blob_alignment,
  blob_bounds,
  blob_overlap,
  layout_rule,
  dense_size,
  digest,
  encoding,
  layout_data,
  padding
};

/// "BlobOverlap"
std::string_view name_of(Rule rule);
Code code_of(Rule rule);

/// "BlobOverlap: " and the message.
std::string said(Rule rule, std::string_view message);
/// Nothing of the file can be used.
[[noreturn]] void refuse(Rule rule, Where where, std::string_view message);

}  // namespace aerotool::ztensor
