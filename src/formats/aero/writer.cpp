#include "formats/aero/writer.hpp"

#include <zstd.h>

#include <algorithm>
#include <map>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/aero/container.hpp"
#include "formats/aero/integrity.hpp"
#include "formats/aero/manifest.hpp"
#include "formats/aero/model_json.hpp"
#include "formats/aero/source_check.hpp"
#include "formats/aero/source_codec.hpp"
#include "formats/aero/tensor_index.hpp"
#include "formats/aero/tensor_layout.hpp"
#include "io/pipeline.hpp"

namespace aerotool::aero {
namespace {

/// One frame, level 6, content size, no checksum (spec/aero.md, "Chunks").
std::string compress(const std::string& raw) {
  constexpr int kLevel = 6;
  std::string packed(ZSTD_compressBound(raw.size()), '\0');
  const std::size_t size = ZSTD_compress(packed.data(), packed.size(), raw.data(), raw.size(), kLevel);
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();
  packed.resize(size);
  packed.shrink_to_fit();
  return packed;
}

/// A file in the making: what it will hold, and where.
class Assembly {
 public:
  explicit Assembly(const Plan& plan) : plan_(plan), layout_(lay_out_tensors(plan)) {
    for (const Model* model : plan_.models) extras_.push_back(model->extras());
    number_types();
    list_chunks();
    make_metadata();
    place_payloads();
  }

  PlanSummary summary() const {
    PlanSummary summary;
    for (std::size_t i = 0; i < layout_.shards.size(); ++i) {
      const Chunk& chunk = container_.chunks[shard_chunks_[i]];
      summary.shards.push_back({chunk.name, {}, chunk.offset, chunk.length, layout_.shards[i].count});
    }
    summary.total_bytes = size_bound();
    summary.dropped = dropped_;
    return summary;
  }

  void write(io::Output& output, io::Progress* progress) {
    output.require_space(size_bound());
    hash_weights(output, progress);
    finish_metadata();
    if (output.seekable()) {
      put_around_weights(output);
    } else {
      stream(output, progress);
    }
    for (const Model* model : plan_.models) model->require_unchanged();
  }

 private:
  /// quant ids count from 0 in the order in which types first appear among the tensors (spec/aero.md).
  void number_types() {
    std::map<const PackedType*, std::uint64_t> known;
    std::map<std::string, std::uint64_t> by_content;
    for (const PlannedTensor& planned : plan_.tensors) {
      const DType& dtype = planned.tensor().dtype;
      if (!dtype.is_packed() || known.contains(&dtype.packed())) continue;
      PackBuffer content;
      pack_text(content, dtype.packed().codec);
      pack_text(content, dtype.packed().name);
      pack_value(content, dtype.packed().params);
      const auto [same, is_new] = by_content.emplace(std::move(content.bytes), types_.size());
      if (is_new) types_.push_back(&dtype.packed());
      const std::uint64_t id = same->second;
      known.emplace(&dtype.packed(), id);
    }
    quant_ids_ = std::move(known);
  }

  void list_chunks() {
    auto& chunks = container_.chunks;
    const auto add = [&](std::string_view fourcc, std::string name, std::uint32_t flags) {
      Chunk chunk;
      chunk.fourcc = fourcc;
      chunk.name = std::move(name);
      chunk.flags = flags;
      chunks.push_back(std::move(chunk));
      return chunks.size() - 1;
    };
    if (plan_.options.control_hash) control_chunk_ = add(kControlHash, "control.integrity", kFlagOptional);
    json_chunk_ = add(kModelJson, "meta.json", 0);
    manifest_chunk_ = add(kManifest, "manifest", kFlagZstd);
    index_chunk_ = add(kTensorIndex, "tensors", kFlagZstd | kFlagIndex);
    for (std::size_t i = 0; i < layout_.shards.size(); ++i) {
      shard_chunks_.push_back(add(kWeights, shard_name(i), kFlagMmapCritical));
      if (plan_.options.page_hash)
        page_chunks_.push_back(add(kPageHashes, page_hashes_name(i), kFlagOptional));
    }
    for (const OpaqueChunk& opaque : extras_.front().chunks) {
      const std::size_t index = add(opaque.fourcc, opaque.name, opaque.flags);
      chunks[index].length = opaque.length;
      chunks[index].uncompressed_length = opaque.uncompressed_length;
      chunks[index].digest = opaque.digest;
      opaque_chunks_.push_back(index);
    }
    if (chunks.size() > kMostChunks) {
      throw UnsupportedError(
          Where{plan_.models.front()->path(), {}, {}},
          "would take " + std::to_string(chunks.size()) +
              " chunks, an AERO file has at most 1,000,000: a larger --max-shard-bytes helps");
    }
  }

  void make_metadata() {
    const Model& first = *plan_.models.front();
    Source source = first.source();
    std::vector<std::uint64_t> order;
    if (plan_.whole && source.order) {
      std::vector<std::uint64_t> place(plan_.tensors.size());
      for (std::size_t i = 0; i < plan_.tensors.size(); ++i) place[plan_.tensors[i].index] = i;
      for (const std::uint64_t tensor : *source.order) order.push_back(place.at(tensor));
    }
    if (!plan_.whole) {
      if (source.order) dropped_.emplace_back("the source's order of tensors");
      if (source.head) dropped_.emplace_back("the source's own header bytes");
      if (!source.gaps.empty()) dropped_.emplace_back("bytes between the source's tensors");
      source.head.reset();
      source.gaps.clear();
    }
    for (std::size_t i = 1; i < plan_.models.size(); ++i) {
      const Extras& lost = extras_[i];
      if (lost.chunks.empty() && lost.manifest.empty() && lost.json.empty()) continue;
      dropped_.push_back("chunks and keys of " + escape_controls(plan_.models[i]->path()) +
                         " that this version does not know");
    }
    const Overview view = first.overview();
    const auto or_else = [](const std::string& text, std::string_view other) {
      return text.empty() ? std::string(other) : replace_invalid_utf8(text);
    };
    ManifestContent manifest;
    manifest.model_name = plan_.name.value_or(or_else(view.model_name, default_model_name(source.format)));
    manifest.architecture = plan_.architecture.value_or(or_else(view.architecture, kUnknownArchitecture));
    set_raw(json_chunk_, render_json(model_json(manifest.model_name, manifest.architecture, source.format,
                                                types_, extras_.front().json)));
    manifest.chunks = &container_.chunks;
    for (std::size_t i = 0; i < layout_.shards.size(); ++i) {
      manifest.shards.push_back({i, layout_.shards[i].size, layout_.shards[i].count});
    }
    manifest.packed_types = types_;
    if (!source.format.empty()) manifest.source = pack_source(source, order);
    manifest.extras = extras_.front().manifest;
    set_compressed(manifest_chunk_, render_manifest(manifest));
    if (!plan_.options.tensor_hash) set_compressed(index_chunk_, render_index());
  }

  void set_raw(std::size_t index, std::string raw) {
    Chunk& chunk = container_.chunks[index];
    chunk.uncompressed_length = raw.size();
    chunk.length = raw.size();
    chunk.digest = hash::blake3(bytes_of(raw));
    payloads_[index] = std::move(raw);
  }

  void set_compressed(std::size_t index, const std::string& raw) {
    Chunk& chunk = container_.chunks[index];
    chunk.uncompressed_length = raw.size();
    chunk.digest = hash::blake3(bytes_of(raw));
    payloads_[index] = compress(raw);
    chunk.length = payloads_[index].size();
  }

  std::string render_index() const {
    std::vector<IndexLine> lines(plan_.tensors.size());
    for (std::size_t shard = 0; shard < layout_.shards.size(); ++shard) {
      const PlannedShard& planned = layout_.shards[shard];
      for (std::size_t i = planned.first; i < planned.first + planned.count; ++i) {
        IndexLine& line = lines[i];
        line.tensor = &plan_.tensors[i].tensor();
        line.shard_id = shard;
        line.data_offset = layout_.offsets[i];
        if (line.tensor->dtype.is_packed()) line.quant_id = quant_ids_.at(&line.tensor->dtype.packed());
        if (plan_.options.tensor_hash) line.digest = &digest_of(i, shard);
        line.extras = extras_of(plan_.tensors[i]);
      }
    }
    return render_tensor_index(lines);
  }

  const MapItems* extras_of(const PlannedTensor& planned) const {
    const auto model = std::find(plan_.models.begin(), plan_.models.end(), planned.model);
    const auto& tensors = extras_[static_cast<std::size_t>(model - plan_.models.begin())].tensors;
    const auto found = tensors.find(planned.index);
    return found == tensors.end() ? nullptr : &found->second;
  }

  /// Payloads stand in TOC order, but for TIDX behind all others when its hashes are known last.
  void place_payloads() {
    lay_out_control(container_);
    std::uint64_t end = container_.payloads_start;
    const auto set_size = [&](std::size_t index, std::uint64_t size) {
      container_.chunks[index].length = size;
      container_.chunks[index].uncompressed_length = size;
    };
    if (control_chunk_ != kNone) set_size(control_chunk_, kControlHashBytes);
    for (std::size_t i = 0; i < shard_chunks_.size(); ++i) set_size(shard_chunks_[i], layout_.shards[i].size);
    for (std::size_t i = 0; i < page_chunks_.size(); ++i) {
      set_size(page_chunks_[i],
               page_hashes_size(shard_name(i), *plan_.options.page_hash, layout_.shards[i].size));
    }
    for (std::size_t i = 0; i < container_.chunks.size(); ++i) {
      Chunk& chunk = container_.chunks[i];
      if (i == index_chunk_ && plan_.options.tensor_hash) continue;
      const bool weights = chunk.fourcc == kWeights;
      chunk.offset = align_up(end, weights ? std::max(kPayloadAlign, plan_.options.align) : kPayloadAlign);
      end = chunk.end();
    }
    if (plan_.options.tensor_hash) container_.chunks[index_chunk_].offset = align_up(end, kPayloadAlign);
    end_ = end;
  }

  std::uint64_t size_bound() const {
    if (!plan_.options.tensor_hash) return end_;
    std::uint64_t raw = 0;
    constexpr std::uint64_t kEntryBytes = 256;  // the keys, numbers and hash of an entry
    for (const PlannedTensor& planned : plan_.tensors) {
      raw += kEntryBytes + planned.tensor().name.size() + 9 * planned.tensor().shape.size();
    }
    return end_ + ZSTD_compressBound(raw);
  }

  /// The first pass: every digest; and, where the output can be seeked, the copy.
  void hash_weights(io::Output& output, io::Progress* progress) {
    SourceCheck source_check(plan_, layout_);
    regions_ = std::vector<io::Region>(layout_.shards.size());
    shard_tasks_ = std::vector<io::HashTask>(layout_.shards.size());
    tensor_tasks_ = std::vector<io::HashTask>(needs_tensor_tasks() ? plan_.tensors.size() : 0);
    for (std::size_t shard = 0; shard < regions_.size(); ++shard) {
      io::Region& region = regions_[shard];
      region.length = layout_.shards[shard].size;
      region.read = [this, shard](std::uint64_t offset, std::span<std::byte> out) {
        read_planned(plan_, layout_, shard, offset, out);
      };
      region.copied = output.seekable();
      region.output_offset = container_.chunks[shard_chunks_[shard]].offset;
      region.page_size = plan_.options.page_hash.value_or(0);
      io::add_whole_digest(region, shard_tasks_[shard]);
      add_tensor_digests(shard);
      source_check.add_layers(shard, region);
    }
    std::vector<io::Region> others = source_check.other_regions();
    if (progress != nullptr) {
      const std::uint64_t passes = output.seekable() ? 1 : 2;
      for (const io::Region& region : regions_) progress->total += passes * region.length;
      for (const io::Region& region : others) progress->total += region.length;
    }
    io::run(regions_,
            {.jobs = plan_.options.jobs, .output = &output, .in_order = false, .progress = progress});
    io::run(others, {.jobs = plan_.options.jobs, .output = nullptr, .in_order = false, .progress = progress});
    for (std::size_t shard = 0; shard < regions_.size(); ++shard) {
      // An empty shard has no block to be hashed with.
      if (regions_[shard].length == 0) shard_tasks_[shard].digest = hash::blake3({});
      container_.chunks[shard_chunks_[shard]].digest = shard_tasks_[shard].digest;
    }
    judge_tensors();
    source_check.judge();
  }

  bool needs_tensor_tasks() const {
    return plan_.options.tensor_hash ||
           std::any_of(plan_.tensors.begin(), plan_.tensors.end(),
                       [](const PlannedTensor& planned) { return planned.tensor().digest.has_value(); });
  }

  /// A tensor that fills its shard has the shard's digest.
  bool fills_shard(std::size_t tensor, std::size_t shard) const {
    return plan_.tensors[tensor].tensor().size == layout_.shards[shard].size;
  }

  void add_tensor_digests(std::size_t shard) {
    if (tensor_tasks_.empty()) return;
    io::Region& region = regions_[shard];
    std::vector<io::Overlay> overlays;
    const PlannedShard& planned = layout_.shards[shard];
    for (std::size_t i = planned.first; i < planned.first + planned.count; ++i) {
      const Tensor& tensor = plan_.tensors[i].tensor();
      if (fills_shard(i, shard) || !(plan_.options.tensor_hash || tensor.digest)) continue;
      io::HashTask& task = tensor_tasks_[i];
      task.length = tensor.size;
      task.read = &region.read;
      task.base = layout_.offsets[i];
      if (tensor.size == 0) task.digest = hash::blake3({});
      overlays.push_back({task.base, task.base + task.length, &task, 0});
    }
    region.layers.push_back(std::move(overlays));
  }

  const Digest& digest_of(std::size_t tensor, std::size_t shard) const {
    return fills_shard(tensor, shard) ? shard_tasks_[shard].digest : tensor_tasks_[tensor].digest;
  }

  void judge_tensors() const {
    std::vector<HitTensor> hit;
    const Model* model = nullptr;
    for (std::size_t shard = 0; shard < layout_.shards.size(); ++shard) {
      const PlannedShard& planned = layout_.shards[shard];
      for (std::size_t i = planned.first; i < planned.first + planned.count; ++i) {
        const Tensor& tensor = plan_.tensors[i].tensor();
        if (!tensor.digest || digest_of(i, shard) == *tensor.digest) continue;
        model = plan_.tensors[i].model;
        hit.push_back({tensor.name, model->path(), tensor.offset, tensor.size});
      }
    }
    if (hit.empty()) return;
    throw CorruptError(Where{model->path(), {}, {}},
                       (hit.size() == 1 ? "the bytes of a tensor are"
                                        : "the bytes of " + std::to_string(hit.size()) + " tensors are") +
                           std::string(" corrupt (BLAKE3 is not hash_b3): ") + list_names(hit));
  }

  /// What follows from the digests: PHSH, TIDX with hashes, the UUID, IHSH, and the control region.
  void finish_metadata() {
    for (std::size_t i = 0; i < page_chunks_.size(); ++i) {
      set_raw(page_chunks_[i], render_page_hashes({shard_name(i), *plan_.options.page_hash,
                                                   std::move(regions_[i].page_digests)}));
    }
    if (plan_.options.tensor_hash) {
      set_compressed(index_chunk_, render_index());
      end_ = container_.chunks[index_chunk_].end();
    }
    container_.uuid = plan_.options.uuid.value_or(derived_uuid(container_.chunks));
    if (control_chunk_ != kNone) {
      const std::vector<std::byte> control = render_control(container_);
      const Digest digest = control_digest(control, container_.toc_offset, container_.chunks.size());
      set_raw(control_chunk_, std::string(chars_of(render_control_hash(container_.payloads_start, digest))));
    }
    control_ = render_control(container_);
  }

  void put_around_weights(io::Output& output) {
    output.write_at(0, control_);
    for (const auto& [index, payload] : payloads_)
      output.write_at(container_.chunks[index].offset, bytes_of(payload));
    for (std::size_t i = 0; i < opaque_chunks_.size(); ++i) {
      const std::uint64_t start = container_.chunks[opaque_chunks_[i]].offset;
      copy_opaque(i, [&](std::uint64_t offset, ByteSpan bytes) { output.write_at(start + offset, bytes); });
    }
    // The last chunks may be empty, and lie at the very end all the same.
    output.extend(end_);
  }

  template <typename Put>
  void copy_opaque(std::size_t number, Put put) const {
    const Chunk& chunk = container_.chunks[opaque_chunks_[number]];
    std::vector<std::byte> block(std::min<std::uint64_t>(std::uint64_t{1} << 20, chunk.length));
    for (std::uint64_t offset = 0; offset < chunk.length; offset += block.size()) {
      const auto bytes = std::span(block).first(std::min<std::uint64_t>(block.size(), chunk.length - offset));
      plan_.models.front()->read_chunk(number, offset, bytes);
      put(offset, bytes);
    }
  }

  /// The second pass of an output that cannot be seeked: everything in payload order.
  void stream(io::Output& output, io::Progress* progress) {
    std::vector<std::size_t> order(container_.chunks.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return container_.chunks[a].offset < container_.chunks[b].offset;
    });
    std::map<std::size_t, std::size_t> shard_of;
    for (std::size_t i = 0; i < shard_chunks_.size(); ++i) shard_of.emplace(shard_chunks_[i], i);
    output.write(control_);
    std::uint64_t at = control_.size();
    for (const std::size_t index : order) {
      const Chunk& chunk = container_.chunks[index];
      write_zeros(output, chunk.offset - at);
      at = chunk.end();
      if (const auto payload = payloads_.find(index); payload != payloads_.end()) {
        output.write(bytes_of(payload->second));
      } else if (const auto shard = shard_of.find(index); shard != shard_of.end()) {
        stream_shard(shard->second, output, progress);
      } else {
        const auto opaque = std::find(opaque_chunks_.begin(), opaque_chunks_.end(), index);
        copy_opaque(static_cast<std::size_t>(opaque - opaque_chunks_.begin()),
                    [&](std::uint64_t, ByteSpan bytes) { output.write(bytes); });
      }
    }
  }

  static void write_zeros(io::Output& output, std::uint64_t count) {
    const std::vector<std::byte> zeros(std::min<std::uint64_t>(count, std::uint64_t{1} << 20));
    for (; count != 0; count -= std::min<std::uint64_t>(count, zeros.size())) {
      output.write(ByteSpan(zeros).first(std::min<std::uint64_t>(count, zeros.size())));
    }
  }

  void stream_shard(std::size_t shard, io::Output& output, io::Progress* progress) {
    std::vector<io::Region> again(1);
    again[0].length = layout_.shards[shard].size;
    again[0].read = regions_[shard].read;
    again[0].copied = true;
    io::HashTask task;
    io::add_whole_digest(again[0], task);
    io::run(again, {.jobs = plan_.options.jobs, .output = &output, .in_order = true, .progress = progress});
    if (again[0].length != 0 && task.digest != shard_tasks_[shard].digest) {
      throw IoError(Where{plan_.models.front()->path(), {}, {}}, "changed while it was read");
    }
  }

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  const Plan& plan_;
  TensorLayout layout_;
  std::vector<Extras> extras_;            // of each model
  std::vector<const PackedType*> types_;  // by quant id
  std::map<const PackedType*, std::uint64_t> quant_ids_;
  std::vector<std::string> dropped_;

  Container container_;
  // Indexes into container_.chunks.
  std::size_t control_chunk_ = kNone;
  std::size_t json_chunk_ = kNone;
  std::size_t manifest_chunk_ = kNone;
  std::size_t index_chunk_ = kNone;
  std::vector<std::size_t> shard_chunks_;
  std::vector<std::size_t> page_chunks_;
  std::vector<std::size_t> opaque_chunks_;
  std::map<std::size_t, std::string> payloads_;  // of the chunks that are not copied
  std::uint64_t end_ = 0;

  std::vector<io::Region> regions_;  // one a shard
  std::vector<io::HashTask> shard_tasks_;
  std::vector<io::HashTask> tensor_tasks_;
  std::vector<std::byte> control_;
};

}  // namespace

PlanSummary AeroWriter::preview(const Plan& plan) const {
  return Assembly(plan).summary();
}

void AeroWriter::write(const Plan& plan, io::Output& output, io::Progress* progress) const {
  Assembly(plan).write(output, progress);
}

}  // namespace aerotool::aero
