// Mutates zTensor files so that they get past the footer: the index is changed by its structure, or the blobs
// are, and what version 2 says of the index's place and hash, and the older ones of its size, holds again.
// One mutation in four is of the plain bytes, as without this.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "cbor_mutator.hpp"
#include "core/checked.hpp"
#include "core/error.hpp"
#include "formats/ztensor/container.hpp"
#include "hash/xxh3.hpp"
#include "mutate.hpp"
#include "scratch.hpp"

namespace {

using namespace aerotool;
using fuzz::mutate;
using fuzz::one_in;
using fuzz::Random;

constexpr std::array<std::string_view, 60> kWords = {"data",
                                                     "values",
                                                     "indices",
                                                     "indptr",
                                                     "coords",
                                                     "scales",
                                                     "zeros",
                                                     "packed_weight",
                                                     "dense",
                                                     "sparse_csr",
                                                     "sparse_coo",
                                                     "quantized_group",
                                                     "zt.sparse_csr/1",
                                                     "zt.sparse_coo/1",
                                                     "zt.quant_group/1",
                                                     "zt.mx/1",
                                                     "gguf.q4_0/1",
                                                     "gguf.q6_k/1",
                                                     "raw",
                                                     "zstd",
                                                     "zt.zstd-seekable/1",
                                                     "f64",
                                                     "f32",
                                                     "bf16",
                                                     "i32",
                                                     "u8",
                                                     "u32",
                                                     "u64",
                                                     "bool",
                                                     "float32",
                                                     "uint64",
                                                     "f8_e8m0",
                                                     "f4_e2m1",
                                                     "f8_e4m3fn",
                                                     "complex64",
                                                     "crc32c:0x00000000",
                                                     "xxh3:2d06800538d394c2",
                                                     "sha256:",
                                                     "big",
                                                     "objects",
                                                     "tensors",
                                                     "components",
                                                     "parts",
                                                     "attributes",
                                                     "shards",
                                                     "shape",
                                                     "layout",
                                                     "format",
                                                     "dtype",
                                                     "type",
                                                     "blob",
                                                     "offset",
                                                     "length",
                                                     "size",
                                                     "encoding",
                                                     "digest",
                                                     "checksum",
                                                     "decoded_length",
                                                     "uncompressed_length",
                                                     "shard"};

/// Changes some bytes near the begin of a blob, and no place of what follows. The first magic stays.
void mutate_blobs(std::string& blobs, std::uint64_t alignment, Random& random) {
  constexpr std::size_t kNear = 256;
  const std::uint64_t places = blobs.size() / alignment;
  if (places == 0) return;
  const std::size_t begin = std::min<std::size_t>((1 + random() % places) * alignment, blobs.size());
  const auto piece = std::as_writable_bytes(std::span(blobs)).subspan(begin);
  if (piece.empty()) return;
  const std::size_t size = std::min(piece.size(), kNear);
  LLVMFuzzerMutate(octets_of(piece), size, size);
}

void append(std::string& out, std::uint64_t number) {
  std::array<std::byte, 8> bytes{};
  store_le(bytes, 0, number);
  out += chars_of(ByteSpan(bytes));
}

struct Pieces {
  ztensor::Version version = ztensor::Version::v2;
  std::string blobs;  // all before the index
  std::string index;
  std::string end;  // behind what says where the index is: version 2's from the version on
};

Pieces take_apart(const io::Input& input) {
  Report report(Report::Mode::judge);
  const ztensor::Container container = ztensor::read_container(input, report);
  const Bytes whole = input.view(0, input.size());
  const std::string_view all = whole.text();
  Pieces pieces{.version = container.version, .blobs = {}, .index = {}, .end = {}};
  const bool is_2 = container.version == ztensor::Version::v2;
  const std::uint64_t place_size = is_2 ? 24 : 8;
  const std::uint64_t index_end = container.manifest_offset + container.manifest_length;
  const std::uint64_t place = is_2 ? container.blobs_end : index_end;
  pieces.blobs = all.substr(0, container.is_data_shard() ? place : container.manifest_offset);
  pieces.index = all.substr(container.manifest_offset, container.manifest_length);
  pieces.end = all.substr(place + place_size);
  return pieces;
}

std::string put_together(Pieces pieces, bool renews_hash) {
  std::string file = std::move(pieces.blobs);
  if (pieces.version != ztensor::Version::v2) {
    file += pieces.index;
    append(file, pieces.index.size());
    return file + pieces.end;
  }
  file.resize(align_up(file.size(), ztensor::kAlignment2));
  const std::uint64_t offset = file.size();
  const std::uint64_t hash = hash::xxh3(bytes_of(pieces.index));
  file += pieces.index;
  append(file, offset);
  append(file, pieces.index.size());
  append(file, renews_hash ? hash : hash ^ 1);
  return file + pieces.end;
}

void mutate_pieces(Pieces& pieces, Random& random) {
  const bool is_2 = pieces.version == ztensor::Version::v2;
  switch (random() % 8) {
    case 0:
      return mutate(pieces.index);
    case 1:
    case 2:
      return mutate_blobs(pieces.blobs, is_2 ? ztensor::kAlignment2 : ztensor::kAlignment1, random);
    default:
      return fuzz::mutate_cbor(pieces.index, random, kWords, mutate);
  }
}

std::optional<std::string> mutated(const fuzz::ScratchFile& file, Random& random) {
  try {
    Pieces pieces = take_apart(*file.open());
    for (unsigned i = 0; i < 1 + random() % 3; ++i) mutate_pieces(pieces, random);
    return put_together(std::move(pieces), !one_in(random, 32));
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  static const fuzz::ScratchDirectory directory;
  static const fuzz::ScratchFile file(directory, "mutated.zt");
  Random random(seed);
  random.discard(2);
  if (one_in(random, 4)) return LLVMFuzzerMutate(data, size, max_size);
  const auto buffer = std::as_writable_bytes(std::span(data, max_size));
  file.set(buffer.first(size));
  const auto made = mutated(file, random);
  if (!made || made->size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::ranges::copy(bytes_of(*made), buffer.begin());
  return made->size();
}
