// The decompressed bytes of AERO's msgpack chunks. The first byte says which chunk the others are.
#include <cstdlib>
#include <string>

#include "chunk_input.hpp"
#include "core/error.hpp"
#include "encoding/msgpack/pack.hpp"
#include "formats/aero/read/integrity.hpp"
#include "formats/aero/read/manifest.hpp"
#include "formats/aero/read/source.hpp"
#include "formats/aero/read/tensor_index.hpp"
#include "formats/aero/write/source.hpp"
#include "msgpack_mutator.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace aerotool;

void read_tidx(const fuzz::ChunkInput& at, Report& report) {
  std::uint64_t memory = ValueBuilder::kMaxMemory;
  aero::read_tensor_index(*at.input, at.chunk, memory, report);
}

/// A source that is understood is written, and what is written is understood.
void read_mmsg(const fuzz::ChunkInput& at, Report& report) {
  std::uint64_t memory = ValueBuilder::kMaxMemory;
  aero::read_manifest(*at.input, at.chunk, aero::ManifestParts::essential, memory, report);
  const aero::Manifest manifest =
      aero::read_manifest(*at.input, at.chunk, aero::ManifestParts::all, memory, report);
  std::string problem;
  const auto source = aero::source_from_value(manifest.source, problem);
  if (!source) return;
  const std::string packed = aero::pack_source(*source);
  PackBuffer buffer;
  pack_map_header(buffer, 1);
  pack_text(buffer, "source");
  buffer.bytes += packed;
  const fuzz::ChunkInput again = fuzz::plain_chunk(aero::kManifest, bytes_of(buffer.bytes));
  Report strict;
  const aero::Manifest read =
      aero::read_manifest(*again.input, again.chunk, aero::ManifestParts::all, memory, strict);
  const auto same = aero::source_from_value(read.source, problem);
  if (!same || aero::pack_source(*same) != packed) std::abort();
}

void read_phsh(const fuzz::ChunkInput& at, Report& report) {
  aero::Chunk shard;
  shard.fourcc = aero::kWeights;
  shard.name = aero::shard_name(0);
  shard.length = shard.uncompressed_length = std::uint64_t{9} << 20;
  aero::read_page_hashes(*at.input, at.chunk, shard, report);
}

void read_ihsh(const fuzz::ChunkInput& at, Report& report) {
  aero::Container container;
  container.toc_length = aero::kTocHeaderBytes;
  container.string_table_offset = container.toc_offset + container.toc_length;
  container.payloads_start = container.string_table_offset;
  aero::check_control_hash(*at.input, container, at.chunk, report);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  struct Kind {
    std::string_view fourcc;
    void (*read)(const fuzz::ChunkInput&, Report&);
  };
  static constexpr std::array<Kind, 4> kKinds = {{{aero::kTensorIndex, read_tidx},
                                                  {aero::kManifest, read_mmsg},
                                                  {aero::kPageHashes, read_phsh},
                                                  {aero::kControlHash, read_ihsh}}};
  const ByteSpan input = std::as_bytes(std::span(data, size));
  if (input.empty() || static_cast<std::size_t>(input.front()) >= kKinds.size()) return -1;
  const Kind& kind = kKinds.at(static_cast<std::size_t>(input.front()));
  for (const auto mode : {Report::Mode::judge, Report::Mode::use}) {
    Report report(mode);
    try {
      kind.read(fuzz::plain_chunk(kind.fourcc, input.subspan(1)), report);
    } catch (const Error&) {
      continue;
    }
  }
  return 0;
}

/// Three in four mutations are of the object, not of its bytes.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  std::minstd_rand random(seed);
  random.discard(2);
  const auto buffer = std::as_writable_bytes(std::span(data, max_size));
  if (size < 2 || random() % 4 == 0) return LLVMFuzzerMutate(data, size, max_size);
  std::string object(chars_of(ByteSpan(buffer.first(size).subspan(1))));
  fuzz::mutate_msgpack(object, random, [](std::string& bytes) {
    constexpr std::size_t kRoom = 256;
    const std::size_t length = bytes.size();
    bytes.resize(length + kRoom);
    bytes.resize(LLVMFuzzerMutate(octets_of(std::as_writable_bytes(std::span(bytes))), length, bytes.size()));
  });
  if (object.size() >= max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::copy_n(bytes_of(object).begin(), object.size(), buffer.begin() + 1);
  return object.size() + 1;
}
