#include "formats/aeroset/file_hash.hpp"

#include <array>
#include <vector>

#include "core/text.hpp"
#include "hash/sha256.hpp"
#include "io/pipeline.hpp"

namespace aerotool::aeroset {

Digest sha256_of(const io::Input& input, unsigned jobs, io::Progress* progress) {
  hash::Sha256 sha256;
  std::vector<io::Region> whole(1);
  whole[0].length = input.size();
  whole[0].read = [&](std::uint64_t offset, std::span<std::byte> out) { input.read(offset, out); };
  input.expect_reads(std::array{io::ByteRange{0, input.size()}});
  io::run(whole,
          {.jobs = jobs, .progress = progress, .in_order = [&](ByteSpan bytes) { sha256.add(bytes); }});
  return sha256.finish();
}

CorruptError wrong_sha256(const io::Input& input, const Digest& found, const Digest& expected) {
  return {{input.name(), {}, {}},
          "its SHA-256 is " + to_hex(found) + ", " + std::string(kByIndex) + " says " + to_hex(expected),
          Code::hash};
}

}  // namespace aerotool::aeroset
