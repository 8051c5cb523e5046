#include "io/file_hash.hpp"

#include <array>
#include <vector>

#include "hash/sha256.hpp"
#include "io/pipeline.hpp"

namespace aerotool::io {

Digest sha256_of(const Input& input, unsigned jobs, Progress* progress) {
  hash::Sha256 sha256;
  std::vector<Region> whole(1);
  whole[0].length = input.size();
  whole[0].read = [&](std::uint64_t offset, std::span<std::byte> out) { input.read(offset, out); };
  input.expect_reads(std::array{ByteRange{0, input.size()}});
  run(whole, {.jobs = jobs, .progress = progress, .in_order = [&](ByteSpan bytes) { sha256.add(bytes); }});
  return sha256.finish();
}

}  // namespace aerotool::io
