#include "formats/aero/write/integrity.hpp"

#include <algorithm>

#include "encoding/msgpack/pack.hpp"

namespace aerotool::aero {

std::vector<std::byte> render_control_hash(std::uint64_t payloads_start, const Digest& digest) {
  PackBuffer out;
  pack_map_header(out, 3);
  pack_text(out, "algo");
  pack_text(out, kHashAlgorithm);
  pack_text(out, "covered_ranges");
  pack_array_header(out, 1);
  pack_array_header(out, 2);
  pack_unsigned(out, 0);
  pack_unsigned(out, payloads_start);
  pack_text(out, "digest");
  pack_binary(out, digest);
  std::vector<std::byte> payload(kControlHashBytes);
  std::copy_n(bytes_of(out.bytes).begin(), out.bytes.size(), payload.begin());
  return payload;
}

std::string render_page_hashes(const PageHashes& pages) {
  PackBuffer out;
  pack_map_header(out, 3);
  pack_text(out, "shard_name");
  pack_text(out, pages.shard_name);
  pack_text(out, "page_size");
  pack_unsigned(out, pages.page_size);
  pack_text(out, "digests");
  pack_array_header(out, pages.digests.size());
  for (const Digest& digest : pages.digests) pack_binary(out, digest);
  return std::move(out.bytes);
}

std::uint64_t page_hashes_size(const std::string& shard_name, std::uint64_t page_size,
                               std::uint64_t shard_size) {
  const std::uint64_t pages = shard_size / page_size + (shard_size % page_size == 0 ? 0 : 1);
  constexpr std::uint64_t kPackedDigest = 2 + sizeof(Digest);  // bin8's header and the bytes
  PackBuffer count;
  pack_array_header(count, pages);
  PackBuffer empty;
  pack_array_header(empty, 0);
  return render_page_hashes({shard_name, page_size, {}}).size() - empty.bytes.size() + count.bytes.size() +
         pages * kPackedDigest;
}

}  // namespace aerotool::aero
