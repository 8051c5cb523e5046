#include "formats/aero/read/reader.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "formats/aero/read/integrity.hpp"
#include "formats/aero/read/metadata_chunk.hpp"
#include "formats/aero/read/model_json.hpp"
#include "formats/aero/read/objects.hpp"
#include "formats/aero/read/source.hpp"
#include "formats/aero/rules/check.hpp"
#include "formats/aero/rules/chunk_overlaps.hpp"
#include "formats/aero/rules/manifest.hpp"
#include "io/pipeline.hpp"

namespace aerotool::aero {
namespace {

constexpr std::string_view kKnownJson[] = {"architecture", "model_name", "source_format",
                                           "quant_descriptors"};

SectionFlags flags_of(const Chunk& chunk) {
  constexpr std::uint32_t kKnown = kFlagZstd | kFlagMmapCritical | kFlagIndex | kFlagOptional;
  return {.zstd = chunk.compressed(),
          .mmap_critical = (chunk.flags & kFlagMmapCritical) != 0,
          .index = (chunk.flags & kFlagIndex) != 0,
          .optional = (chunk.flags & kFlagOptional) != 0,
          .unknown = chunk.flags & ~kKnown};
}

}  // namespace

AeroModel::AeroModel(std::shared_ptr<io::Input> input, Report& report, FileKind kind, const AeroModel* index)
    : kind_(kind),
      file_(open_file(std::move(input),
                      index != nullptr ? index->file_.memory_left : ValueBuilder::kMaxMemory, report)),
      shards_(file_.chunks()),
      table_(read_tensor_table(file_, shards_, kind, index != nullptr ? &index->table_ : nullptr, report)) {
  check_chunk_overlaps(file_, shards_, table_, report);
  if (report.judging()) check_manifest(file_, shards_, table_, report);
  file_.forget_lists();
  read_objects(report);
}

void AeroModel::read_objects(Report& report) {
  if (!any_part(table_.extras)) return;
  try {
    std::vector<Object> described = source().objects;
    // What is in a file of a set, the set's index says.
    if (!described.empty())
      objects_ = join_objects(std::move(described), table_.extras, file_.where(), report);
  } catch (const CorruptError& error) {
    report.unreadable(error.code(), error.where(), error.message());
  }
}

void AeroModel::forget_unknown_members() {
  table_.extras.clear();
  table_.types.forget_lost();
}

Overview AeroModel::overview() const {
  Overview view;
  view.format = "AERO";
  view.version = "0.1";
  view.model_name =
      file_.manifest.model_name.empty() ? text_member(file_.json, "model_name") : file_.manifest.model_name;
  view.architecture = file_.manifest.architecture.empty() ? text_member(file_.json, "architecture")
                                                          : file_.manifest.architecture;
  view.file_size = file_.input->size();
  view.packed_size = file_.input->packed_size();
  view.uuid = to_string(file_.container.uuid);
  for (std::size_t shard = 0; shard < shards_.size(); ++shard) {
    const Chunk& chunk = shards_[shard];
    view.shards.push_back({chunk.name, path(), chunk.offset, chunk.length, 0});
  }
  std::uint64_t hashed = 0;
  for (const Tensor& tensor : table_.tensors) {
    if (kind_ == FileKind::file) ++view.shards[tensor.shard].tensor_count;
    if (tensor.digest) ++hashed;
  }
  using Covers = Integrity::Covers;
  view.integrity.push_back({.covers = Covers::sections});
  if (hashed != 0)
    view.integrity.push_back(
        {.covers = Covers::tensors, .count = hashed == table_.tensors.size() ? 0 : hashed});
  const auto paged = std::count_if(file_.chunks().begin(), file_.chunks().end(),
                                   [](const Chunk& chunk) { return chunk.fourcc == kPageHashes; });
  if (paged != 0)
    view.integrity.push_back({.covers = Covers::pages, .count = static_cast<std::uint64_t>(paged)});
  if (file_.find(kControlHash) != nullptr) view.integrity.push_back({.covers = Covers::control});
  for (const Chunk& chunk : file_.chunks()) {
    view.sections.push_back({chunk.fourcc, chunk.name, flags_of(chunk), chunk.offset, chunk.length,
                             chunk.uncompressed_length, chunk.digest});
  }
  return view;
}

std::vector<KnownFile> AeroModel::known_files() const {
  std::vector<KnownFile> files = plainly_known_files(*this);
  const Container& container = file_.container;
  std::vector<KnownRegion>& regions = files.front().regions;
  regions.push_back({0, kHeaderBytes, {}, RegionKind::header});
  regions.push_back({container.toc_offset, container.toc_length, "table of contents", RegionKind::index});
  regions.push_back({container.string_table_offset, container.string_table_length, "names of the chunks",
                     RegionKind::index});
  return files;
}

Metadata AeroModel::metadata() const {
  Source carried = source();
  if (carried.metadata) return std::move(*carried.metadata);
  Metadata metadata;
  if (file_.json.type != ValueType::map) return metadata;
  for (const auto& [key, value] : file_.json.map()) {
    if (key.text() != "quant_descriptors") metadata.entries.emplace_back(key.text(), value);
  }
  return metadata;
}

Source AeroModel::source() const {
  Report report;
  const Manifest whole = whole_manifest(file_, report);
  if (whole.source.type == ValueType::null) {
    Source source;
    source.format = text_member(file_.json, "source_format");
    return source;
  }
  std::string problem;
  auto source = source_from_value(whole.source, problem);
  if (!source) throw CorruptError(file_.where(), problem);
  if (!objects_.empty()) source->objects = objects_;
  return std::move(*source);
}

Extras AeroModel::extras() const {
  Extras extras;
  extras.lost = table_.types.lost();
  Report report;
  extras.manifest = whole_manifest(file_, report).extras;
  if (file_.json.type == ValueType::map) {
    for (const auto& item : file_.json.map()) {
      if (std::find(std::begin(kKnownJson), std::end(kKnownJson), item.first.text()) ==
          std::end(kKnownJson)) {
        extras.json.push_back(item);
      }
    }
  }
  extras.tensors = without_parts(table_.extras);
  for (const std::size_t index : file_.opaque) {
    const Chunk& chunk = file_.chunks()[index];
    check_chunk_bytes(*file_.input, chunk, report);
    extras.chunks.push_back(
        {chunk.fourcc, chunk.name, chunk.flags, chunk.length, chunk.uncompressed_length, chunk.digest});
  }
  return extras;
}

void AeroModel::read_chunk(std::size_t chunk, std::uint64_t offset, std::span<std::byte> out) const {
  file_.input->read(file_.chunks()[file_.opaque[chunk]].offset + offset, out);
}

void AeroModel::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  file_.input->read(table_.tensors[tensor].offset + offset, out);
}

AeroModel::StatedPlace AeroModel::stated_place(std::size_t tensor) const {
  if (kind_ == FileKind::set_index)
    return {table_.placements[tensor].shard_id, table_.placements[tensor].data_offset};
  const Tensor& placed = table_.tensors[tensor];
  return {shards_.id_of(placed.shard), placed.offset - shards_[placed.shard].offset};
}

std::vector<HashedRun> AeroModel::hashed_runs() const {
  std::vector<HashedRun> runs;
  for (std::size_t shard = 0; shard < shards_.size(); ++shard) {
    const Chunk& chunk = shards_[shard];
    HashedRun& run = runs.emplace_back();
    run.name = chunk.name;
    run.path = path();
    run.length = chunk.length;
    run.read = [this, start = chunk.offset](std::uint64_t offset, std::span<std::byte> out) {
      file_.input->read(start + offset, out);
    };
    run.digest = chunk.digest;
  }
  Report report;
  for (const Chunk& chunk : file_.chunks()) {
    const auto shard = chunk.fourcc == kPageHashes ? shards_.of_page_hashes(chunk) : std::nullopt;
    if (!shard) continue;
    PageHashes pages = read_page_hashes(*file_.input, chunk, shards_[*shard], report);
    runs[*shard].page_size = pages.page_size;
    runs[*shard].pages = std::move(pages.digests);
  }
  for (const std::uint32_t i : table_.by_place) {
    const Tensor& tensor = table_.tensors[i];
    const std::uint64_t start = shards_[tensor.shard].offset;
    runs[tensor.shard].members.push_back({i, tensor.offset - start});
  }
  return runs;
}

bool AeroModel::verify_pages(std::size_t tensor, std::uint64_t begin, std::uint64_t end) const {
  const Tensor& described = table_.tensors[tensor];
  const Chunk& shard = shards_[described.shard];
  const Chunk* chunk = shards_.page_hashes_of(described.shard);
  if (chunk == nullptr) return false;
  Report report;
  const PageHashes pages = read_page_hashes(*file_.input, *chunk, shard, report);
  const std::uint64_t from = described.offset - shard.offset + begin;
  const std::uint64_t to = described.offset - shard.offset + end;
  for (std::uint64_t page = from / pages.page_size; page * pages.page_size < to; ++page) {
    const std::uint64_t at = page * pages.page_size;
    const std::uint64_t length = std::min(pages.page_size, shard.length - at);
    const Digest found = io::hash_range(
        length,
        [&](std::uint64_t offset, std::span<std::byte> out) {
          file_.input->read(shard.offset + at + offset, out);
        },
        1, nullptr);
    if (found != pages.digests[page]) {
      throw CorruptError(file_.where(described.name),
                         "page " + std::to_string(page) + " of " + escape_controls(shard.name) + " (bytes " +
                             std::to_string(shard.offset + at) + " to " +
                             std::to_string(shard.offset + at + length) +
                             " of the file) is corrupt: its BLAKE3 does not match",
                         Code::hash);
    }
  }
  return true;
}

bool AeroModel::check(const CheckOptions& options, Report& report) const {
  return check_file(file_, shards_, table_, options, report);
}

}  // namespace aerotool::aero
