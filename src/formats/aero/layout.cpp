#include "formats/aero/layout.hpp"

#include "core/checked.hpp"
#include "core/text.hpp"
#include "hash/blake3.hpp"

namespace aerotool::aero {

std::string shard_name(std::uint64_t id) {
  return "weights.shard" + std::to_string(id);
}
std::string page_hashes_name(std::uint64_t id) {
  return shard_name(id) + ".phsh";
}

std::string_view role_of(std::string_view fourcc) {
  if (fourcc == kControlHash) return "control_integrity";
  if (fourcc == kModelJson) return "json";
  if (fourcc == kManifest) return "manifest";
  if (fourcc == kTensorIndex) return "tensors";
  if (fourcc == kWeights) return "weights";
  if (fourcc == kPageHashes) return "page_hashes";
  if (fourcc == kSideFile) return "side_file";
  return "unknown";
}

std::string to_string(const Uuid& uuid) {
  std::string text = to_hex(uuid);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, "-");
  return text;
}

Digest control_digest(ByteSpan control, std::uint64_t toc_offset, std::size_t entry_count) {
  constexpr Digest kZeros{};
  hash::Blake3Stream stream;
  std::uint64_t done = 0;
  for (std::size_t i = 0; i < entry_count; ++i) {
    const std::uint64_t hash_at = toc_offset + kTocHeaderBytes + i * kTocEntryBytes + kTocHashOffset;
    if (!range_fits(hash_at, kZeros.size(), control.size())) break;
    stream.add(control.subspan(done, hash_at - done));
    stream.add(kZeros);
    done = hash_at + kZeros.size();
  }
  stream.add(control.subspan(done));
  return stream.finish();
}

}  // namespace aerotool::aero
