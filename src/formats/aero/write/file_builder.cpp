#include "formats/aero/write/file_builder.hpp"

#include <zstd.h>

#include <algorithm>
#include <memory>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "encoding/value_builder.hpp"
#include "formats/aero/write/container.hpp"
#include "formats/aero/write/integrity.hpp"
#include "formats/aero/write/manifest.hpp"
#include "formats/aero/write/model_json.hpp"
#include "formats/aero/write/plan_shards.hpp"
#include "formats/aero/write/source.hpp"

namespace aerotool::aero {
namespace {

constexpr std::uint64_t kCopyBytes = std::uint64_t{1} << 20;
// What is written can be read again: the rest is for what values take beside their bytes.
constexpr std::uint64_t kMaxSource = ValueBuilder::kMaxMemory - (std::uint64_t{16} << 20);

/// One frame, level 6, content size, no checksum (src/formats/aero/FORMAT.md, "zstd").
std::string compress(const std::string& raw) {
  constexpr int kLevel = 6;
  const std::size_t bound = ZSTD_compressBound(raw.size());
  // Not filled with zeros: of all that could be needed, only what is written takes memory.
  const auto packed = std::make_unique_for_overwrite<char[]>(bound);
  const std::size_t size = ZSTD_compress(packed.get(), bound, raw.data(), raw.size(), kLevel);
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();
  return {packed.get(), size};
}

/// Hands over a chunk that is passed on as it is, and where in the chunk its bytes stand.
template <typename Put>
void copy_opaque(const HoldsExtras& holder, std::size_t number, std::uint64_t length, Put put) {
  std::vector<std::byte> block(std::min(kCopyBytes, length));
  for (std::uint64_t offset = 0; offset < length; offset += block.size()) {
    const auto bytes = std::span(block).first(std::min<std::uint64_t>(block.size(), length - offset));
    holder.read_chunk(number, offset, bytes);
    put(offset, ByteSpan(bytes));
  }
}

void put_zeros(const AeroFileBuilder::Sink& sink, std::uint64_t count) {
  const std::vector<std::byte> zeros(std::min(count, kCopyBytes));
  while (count != 0) {
    const std::uint64_t piece = std::min<std::uint64_t>(count, zeros.size());
    sink(ByteSpan(zeros).first(piece));
    count -= piece;
  }
}

}  // namespace

AeroFileBuilder::AeroFileBuilder(const Plan& plan, const TensorLayout& layout, const PlanContent& content,
                                 Role role, std::size_t first_shard, std::size_t shard_count)
    : plan_(plan),
      layout_(layout),
      content_(content),
      role_(role),
      first_shard_(first_shard),
      shard_count_(shard_count),
      page_size_(plan.options.get(page_hash())) {
  list_chunks();
  render_metadata();
  place_payloads();
}

std::uint64_t AeroFileBuilder::shard_offset(std::size_t shard) const {
  return container_.chunks[shard_chunks_[shard - first_shard_]].offset;
}

const Digest& AeroFileBuilder::shard_digest(std::size_t shard) const {
  return container_.chunks[shard_chunks_[shard - first_shard_]].digest;
}

std::uint64_t AeroFileBuilder::tensor_count() const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < shard_count_; ++i) count += layout_.shards[first_shard_ + i].count;
  return count;
}

std::size_t AeroFileBuilder::add_chunk(std::string_view fourcc, std::string name, std::uint32_t flags) {
  Chunk chunk;
  chunk.fourcc = fourcc;
  chunk.name = std::move(name);
  chunk.flags = flags;
  container_.chunks.push_back(std::move(chunk));
  return container_.chunks.size() - 1;
}

void AeroFileBuilder::list_chunks() {
  if (plan_.options.has(control_hash()))
    control_chunk_ = add_chunk(kControlHash, metadata_name(kControlHash), kFlagOptional);
  if (role_ != Role::index) json_chunk_ = add_chunk(kModelJson, metadata_name(kModelJson), 0);
  manifest_chunk_ = add_chunk(kManifest, metadata_name(kManifest), kFlagZstd);
  index_chunk_ = add_chunk(kTensorIndex, metadata_name(kTensorIndex), kFlagZstd | kFlagIndex);
  for (std::size_t i = 0; holds_weights() && i < shard_count_; ++i) {
    const std::size_t id = first_shard_ + i;
    shard_chunks_.push_back(add_chunk(kWeights, shard_name(id), kFlagMmapCritical));
    if (page_size_) page_chunks_.push_back(add_chunk(kPageHashes, page_hashes_name(id), kFlagOptional));
  }
  if (role_ != Role::part) {
    add_side_files();
    for (const OpaqueChunk& opaque : content_.extras().chunks) {
      const std::size_t index = add_chunk(opaque.fourcc, opaque.name, opaque.flags);
      container_.chunks[index].length = opaque.length;
      container_.chunks[index].uncompressed_length = opaque.uncompressed_length;
      container_.chunks[index].digest = opaque.digest;
      opaque_chunks_.push_back(index);
    }
  }
  if (container_.chunks.size() > kMaxChunks) {
    throw UnsupportedError(
        Where{plan_.models.front()->path(), {}, {}},
        "would take " + std::to_string(container_.chunks.size()) +
            " chunks, an AERO file has at most 1,000,000: a larger --max-shard-bytes helps");
  }
}

void AeroFileBuilder::add_side_files() {
  std::uint64_t room = kMaxHeldPayloads;
  for (const SideFile& file : plan_.side_files) {
    const std::size_t index = add_chunk(kSideFile, file.path, kFlagZstd | kFlagOptional);
    const SidePayload& payload = side_chunks_.emplace(index, SidePayload(file, room)).first->second;
    container_.chunks[index].length = payload.length();
    container_.chunks[index].uncompressed_length = file.size;
    container_.chunks[index].digest = payload.digest();
  }
}

void AeroFileBuilder::render_metadata() {
  set_compressed(manifest_chunk_, manifest());
  if (json_chunk_ != kNone) set_raw(json_chunk_, json());
  if (!hashes_in_index()) set_compressed(index_chunk_, render_index(nullptr));
}

std::string AeroFileBuilder::manifest() const {
  ManifestContent manifest;
  manifest.model_name = content_.model_name();
  manifest.architecture = content_.architecture();
  manifest.chunks = &container_.chunks;
  for (std::size_t i = 0; i < shard_chunks_.size(); ++i) {
    const PlannedShard& shard = layout_.shards[first_shard_ + i];
    manifest.shards.push_back({first_shard_ + i, shard.size, shard.count});
  }
  manifest.packed_types = content_.types();
  if (role_ != Role::part) {
    if (!content_.source().format.empty() || !content_.source().objects.empty())
      manifest.source = pack_source(content_.source());
    if (manifest.source.size() > kMaxSource) {
      throw UnsupportedError({plan_.models.front()->path(), {}, {}},
                             "the data that restores the source's files takes " +
                                 human_size(manifest.source.size()) + "; at most " + human_size(kMaxSource) +
                                 " can be carried");
    }
    manifest.extras = content_.extras().manifest;
  }
  return render_manifest(manifest);
}

std::string AeroFileBuilder::json() const {
  // A part names no source format: with one and without "source" in its MMSG it would be taken for a file
  // of the reference's GGUF converter (src/formats/aero/FORMAT.md, "Files in the wild").
  const std::string format = role_ == Role::part ? std::string{} : content_.source().format;
  return render_json(model_json(content_.model_name(), content_.architecture(), format, content_.types(),
                                content_.extras().json));
}

void AeroFileBuilder::set_raw(std::size_t index, std::string raw) {
  Chunk& chunk = container_.chunks[index];
  chunk.uncompressed_length = raw.size();
  chunk.length = raw.size();
  chunk.digest = hash::blake3(bytes_of(raw));
  payloads_[index] = std::move(raw);
}

void AeroFileBuilder::set_compressed(std::size_t index, const std::string& raw) {
  Chunk& chunk = container_.chunks[index];
  chunk.uncompressed_length = raw.size();
  chunk.digest = hash::blake3(bytes_of(raw));
  payloads_[index] = compress(raw);
  chunk.length = payloads_[index].size();
}

std::string AeroFileBuilder::render_index(const KnownDigests* digests) const {
  if (shard_count_ == 0) return render_tensor_index(0, 0, nullptr);
  std::uint64_t name_bytes = 0;
  const std::size_t first = layout_.shards[first_shard_].first;
  for (std::size_t i = 0; i < tensor_count(); ++i)
    name_bytes += layout_.tensors[first + i].tensor().name.size();
  std::size_t shard = first_shard_;
  return render_tensor_index(tensor_count(), name_bytes, [&](std::size_t number) {
    const std::size_t i = first + number;
    while (i >= layout_.shards[shard].first + layout_.shards[shard].count) ++shard;
    return index_line(shard, i, digests);
  });
}

IndexLine AeroFileBuilder::index_line(std::size_t shard, std::size_t tensor,
                                      const KnownDigests* digests) const {
  IndexLine line;
  line.tensor = &layout_.tensors[tensor].tensor();
  line.shard_id = shard;
  line.data_offset = layout_.offsets[tensor];
  line.quant_id = content_.quant_id(line.tensor->dtype);
  if (digests != nullptr) line.digest = &digests->tensor(shard, tensor);
  line.extras = content_.tensor_extras(layout_.tensors[tensor]);
  if (const auto* part = content_.part_of(layout_.tensors[tensor])) {
    line.object = part->object->name;
    line.role = part->part->role;
  }
  return line;
}

/// Payloads stand in TOC order, but for those behind all others whose bytes only the weights tell.
void AeroFileBuilder::place_payloads() {
  lay_out_control(container_);
  const auto set_size = [&](std::size_t index, std::uint64_t size) {
    container_.chunks[index].length = size;
    container_.chunks[index].uncompressed_length = size;
  };
  if (control_chunk_ != kNone) set_size(control_chunk_, kControlHashBytes);
  for (std::size_t i = 0; i < shard_chunks_.size(); ++i)
    set_size(shard_chunks_[i], layout_.shards[first_shard_ + i].size);
  for (std::size_t i = 0; i < page_chunks_.size(); ++i) {
    const std::size_t shard = first_shard_ + i;
    set_size(page_chunks_[i], page_hashes_size(shard_name(shard), *page_size_, layout_.shards[shard].size));
  }
  const std::uint64_t weights_align =
      std::max(kPayloadAlign, plan_.options.get(write::align()).value_or(kDefaultTensorAlign));
  std::uint64_t end = container_.payloads_start;
  for (std::size_t i = 0; i < container_.chunks.size(); ++i) {
    Chunk& chunk = container_.chunks[i];
    if (is_late(i)) continue;
    chunk.offset = align_up(end, chunk.fourcc == kWeights ? weights_align : kPayloadAlign);
    end = chunk.end();
  }
  end_ = end;
}

std::uint64_t AeroFileBuilder::size_bound() const {
  if (!control_.empty()) return end_;
  std::uint64_t bound = end_;
  if (is_late(manifest_chunk_))
    bound += kPayloadAlign + ZSTD_compressBound(container_.chunks[manifest_chunk_].uncompressed_length);
  if (is_late(index_chunk_)) bound += kPayloadAlign + ZSTD_compressBound(index_bound());
  return bound;
}

std::uint64_t AeroFileBuilder::index_bound() const {
  std::uint64_t raw = 0;
  constexpr std::uint64_t kEntryBytes = 256;  // the keys, numbers and hash of an entry
  for (std::size_t shard = first_shard_; shard < first_shard_ + shard_count_; ++shard) {
    const PlannedShard& planned = layout_.shards[shard];
    for (std::size_t i = planned.first; i < planned.first + planned.count; ++i) {
      const Tensor& tensor = layout_.tensors[i].tensor();
      raw += kEntryBytes + tensor.name.size() + 9 * tensor.shape.size();
    }
  }
  return raw;
}

void AeroFileBuilder::finish(const KnownDigests& digests) {
  for (std::size_t i = 0; i < shard_chunks_.size(); ++i)
    container_.chunks[shard_chunks_[i]].digest = digests.shard(first_shard_ + i);
  for (std::size_t i = 0; i < page_chunks_.size(); ++i) {
    const std::size_t shard = first_shard_ + i;
    set_raw(page_chunks_[i], render_page_hashes({shard_name(shard), *page_size_, digests.pages(shard)}));
  }
  if (plan_.fill_in_texts) {
    plan_.fill_in_texts();
    set_compressed(manifest_chunk_, manifest());
    if (json_chunk_ != kNone) set_raw(json_chunk_, json());
  }
  if (hashes_in_index()) set_compressed(index_chunk_, render_index(&digests));
  for (const std::size_t late : {manifest_chunk_, index_chunk_}) {
    if (!is_late(late)) continue;
    container_.chunks[late].offset = align_up(end_, kPayloadAlign);
    end_ = container_.chunks[late].end();
  }
  container_.uuid = plan_.options.get(uuid()).value_or(derived_uuid(container_.chunks));
  if (control_chunk_ != kNone) {
    const std::vector<std::byte> control = render_control(container_);
    const Digest digest = control_digest(control, container_.toc_offset, container_.chunks.size());
    set_raw(control_chunk_, std::string(chars_of(render_control_hash(container_.payloads_start, digest))));
  }
  control_ = render_control(container_);
}

void AeroFileBuilder::put_around_weights(io::Output& output) const {
  output.write_at(0, control_);
  for (const auto& [index, payload] : payloads_)
    output.write_at(container_.chunks[index].offset, bytes_of(payload));
  for (const auto& [index, payload] : side_chunks_) {
    std::uint64_t at = container_.chunks[index].offset;
    payload.put([&output, &at](ByteSpan bytes) {
      output.write_at(at, bytes);
      at += bytes.size();
    });
  }
  for (std::size_t i = 0; i < opaque_chunks_.size(); ++i) {
    const Chunk& chunk = container_.chunks[opaque_chunks_[i]];
    copy_opaque(extras_holder(), i, chunk.length,
                [&](std::uint64_t offset, ByteSpan bytes) { output.write_at(chunk.offset + offset, bytes); });
  }
  // The last chunks may be empty, and lie at the very end all the same.
  output.extend(end_);
}

void AeroFileBuilder::in_order(const Sink& sink,
                               const std::function<void(std::size_t shard)>& weights) const {
  std::vector<std::size_t> order(container_.chunks.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  // An empty chunk stands before the one that begins where it lies.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const Chunk& one = container_.chunks[a];
    const Chunk& other = container_.chunks[b];
    return std::pair(one.offset, one.length) < std::pair(other.offset, other.length);
  });
  std::map<std::size_t, std::size_t> shard_of;
  for (std::size_t i = 0; i < shard_chunks_.size(); ++i) shard_of.emplace(shard_chunks_[i], first_shard_ + i);
  sink(control_);
  std::uint64_t at = control_.size();
  for (const std::size_t index : order) {
    const Chunk& chunk = container_.chunks[index];
    put_zeros(sink, chunk.offset - at);
    at = chunk.end();
    if (const auto payload = payloads_.find(index); payload != payloads_.end()) {
      sink(bytes_of(payload->second));
    } else if (const auto shard = shard_of.find(index); shard != shard_of.end()) {
      weights(shard->second);
    } else if (const auto side = side_chunks_.find(index); side != side_chunks_.end()) {
      side->second.put(sink);
    } else {
      const auto opaque = std::find(opaque_chunks_.begin(), opaque_chunks_.end(), index);
      copy_opaque(extras_holder(), static_cast<std::size_t>(opaque - opaque_chunks_.begin()), chunk.length,
                  [&](std::uint64_t, ByteSpan bytes) { sink(bytes); });
    }
  }
}

}  // namespace aerotool::aero
