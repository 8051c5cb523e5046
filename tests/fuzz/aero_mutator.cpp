// Mutates AERO files so that they get past their hashes and past zstd: takes the container apart, changes one
// chunk's uncompressed bytes, or one field, and puts it together again with offsets, lengths and hashes that
// hold. One mutation in four is of the plain bytes, as without this.
#include <zstd.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "formats/aero/read/container.hpp"
#include "formats/aero/write/container.hpp"
#include "formats/aero/write/integrity.hpp"
#include "hash/blake3.hpp"
#include "msgpack_mutator.hpp"
#include "mutate.hpp"
#include "scratch.hpp"

namespace {

using namespace aerotool;
using fuzz::mutate;
using fuzz::one_in;
using fuzz::Random;

constexpr std::size_t kMaxUncompressed = std::size_t{1} << 18;

struct Part {
  aero::Chunk chunk;
  std::string bytes;            // uncompressed where `packs`, else as stored
  bool packs = false;           // is compressed again
  bool lies_of_length = false;  // chunk.uncompressed_length stays what it is
  bool lies_of_hash = false;    // chunk.digest stays what it is
};

std::vector<Part> take_apart(const io::Input& input, const aero::Container& container) {
  std::vector<Part> parts;
  for (const aero::Chunk& chunk : container.chunks) {
    Part part;
    part.chunk = chunk;
    const Bytes stored = input.view(chunk.offset, chunk.length);
    part.bytes = stored.text();
    if (chunk.compressed() && chunk.fourcc != aero::kWeights) {
      static std::string plain(kMaxUncompressed, '\0');
      const std::size_t size =
          ZSTD_decompress(plain.data(), plain.size(), part.bytes.data(), part.bytes.size());
      if (ZSTD_isError(size) == 0) {
        part.bytes = plain.substr(0, size);
        part.packs = true;
      }
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

void mutate_field(Part& part, Random& random) {
  switch (random() % 7) {
    case 0:
      part.chunk.flags ^= 1U << random() % 5;
      part.packs = part.chunk.compressed();
      break;
    case 1:
      part.chunk.uncompressed_length = one_in(random, 2) ? part.bytes.size() + random() % 3 - 1 : random();
      part.lies_of_length = true;
      break;
    case 2:
      mutate(part.chunk.name);
      break;
    case 3: {
      constexpr std::array<std::string_view, 7> kWords = {
          aero::kControlHash, aero::kModelJson,  aero::kManifest, aero::kTensorIndex,
          aero::kWeights,     aero::kPageHashes, "XTRA"};
      part.chunk.fourcc = kWords.at(random() % kWords.size());
      break;
    }
    case 4:
      part.chunk.digest.front() ^= std::byte{1};
      part.lies_of_hash = true;
      break;
    case 5:
      part.chunk.digest = Digest{};
      part.lies_of_hash = true;
      break;
    default:
      part.chunk.name =
          one_in(random, 2) ? aero::shard_name(random() % 3) : aero::page_hashes_name(random() % 3);
  }
}

void mutate_parts(std::vector<Part>& parts, Random& random) {
  if (parts.empty()) return;
  Part& part = parts[random() % parts.size()];
  switch (random() % 16) {
    case 0:
      mutate_field(part, random);
      break;
    case 1:
      std::swap(part, parts[random() % parts.size()]);
      break;
    case 2:
      parts.push_back(Part(part));
      break;
    case 3:
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(random() % parts.size()));
      break;
    default: {
      const std::string_view kind = part.chunk.fourcc;
      const bool msgpack = kind != aero::kWeights && kind != aero::kModelJson;
      if (!msgpack || one_in(random, 4)) {
        mutate(part.bytes);
      } else {
        fuzz::mutate_msgpack(part.bytes, random, mutate);
      }
    }
  }
}

/// The stored bytes of a part whose chunk then says the right things of them.
std::string store(Part& part) {
  std::string stored = part.bytes;
  if (part.packs) {
    stored.resize(ZSTD_compressBound(part.bytes.size()));
    stored.resize(ZSTD_compress(stored.data(), stored.size(), part.bytes.data(), part.bytes.size(), 1));
  }
  part.chunk.length = stored.size();
  if (!part.lies_of_length) part.chunk.uncompressed_length = part.bytes.size();
  if (!part.lies_of_hash) part.chunk.digest = hash::blake3(bytes_of(part.bytes));
  return stored;
}

std::string put_together(const aero::Container& old, std::vector<Part> parts, bool renew_control_hash) {
  aero::Container container;
  container.uuid = old.uuid;
  std::vector<std::string> stored;
  for (Part& part : parts) {
    stored.push_back(store(part));
    container.chunks.push_back(part.chunk);
  }
  aero::lay_out_control(container);
  std::uint64_t end = container.payloads_start;
  for (aero::Chunk& chunk : container.chunks) {
    chunk.offset = align_up(end, aero::kPayloadAlign);
    end = chunk.offset + chunk.length;
  }
  const auto control = aero::render_control(container);
  for (std::size_t i = 0; i < container.chunks.size(); ++i) {
    aero::Chunk& chunk = container.chunks[i];
    if (!renew_control_hash || chunk.fourcc != aero::kControlHash || chunk.compressed() ||
        chunk.length != aero::kControlHashBytes) {
      continue;
    }
    const auto rendered = aero::render_control_hash(
        container.payloads_start,
        aero::control_digest(control, container.toc_offset, container.chunks.size()));
    stored[i] = chars_of(ByteSpan(rendered));
    chunk.digest = hash::blake3(rendered);
  }
  const auto final_control = aero::render_control(container);
  std::string file(chars_of(ByteSpan(final_control)));
  for (std::size_t i = 0; i < stored.size(); ++i) {
    file.resize(container.chunks[i].offset);
    file += stored[i];
  }
  return file;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  static const fuzz::ScratchDirectory directory;
  static const fuzz::ScratchFile file(directory, "mutated.aero");
  Random random(seed);
  random.discard(2);
  if (one_in(random, 4)) return LLVMFuzzerMutate(data, size, max_size);
  const auto buffer = std::as_writable_bytes(std::span(data, max_size));
  try {
    file.set(buffer.first(size));
    const auto input = file.open();
    Report report(Report::Mode::judge);
    const aero::Container container = aero::read_container(*input, report);
    std::vector<Part> parts = take_apart(*input, container);
    for (unsigned i = 0; i < 1 + random() % 3; ++i) mutate_parts(parts, random);
    const std::string made = put_together(container, std::move(parts), !one_in(random, 8));
    if (made.size() <= max_size) {
      std::copy_n(bytes_of(made).begin(), made.size(), buffer.begin());
      return made.size();
    }
  } catch (const Error&) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  return LLVMFuzzerMutate(data, size, max_size);
}
