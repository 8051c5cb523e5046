#include "formats/ztensor/reader.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

#include "core/bytes.hpp"
#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/ztensor/check.hpp"
#include "formats/ztensor/judge.hpp"
#include "formats/ztensor/manifest.hpp"
#include "formats/ztensor/measured_frames.hpp"
#include "formats/ztensor/recorded_source.hpp"
#include "formats/ztensor/rules.hpp"
#include "formats/ztensor/shard_file.hpp"
#include "formats/ztensor/write/canonical_check.hpp"
#include "io/relative_path.hpp"

namespace aerotool::ztensor {
namespace {

std::string version_of(const Container& container, const Root& root) {
  switch (container.version) {
    case Version::v0_1:
      return "0.1";
    case Version::v1_0:
      return "1.0";
    case Version::v2:
      return "2";
    case Version::v1_1:
      break;
  }
  // "1.2.0"
  const auto second = root.version.find('.', root.version.find('.') + 1);
  return escape_controls(shortened(root.version.substr(0, second)));
}

std::string_view label_of(hash::Algorithm algorithm) {
  switch (algorithm) {
    case hash::Algorithm::blake3:
      return "BLAKE3";
    case hash::Algorithm::sha256:
      return "SHA-256";
    case hash::Algorithm::crc32c:
      return "CRC32C";
    case hash::Algorithm::crc32:
      return "CRC-32";
    case hash::Algorithm::xxh3:
      break;
  }
  return "XXH3";
}

/// What attributes call a model: under the keys of GGUF, or of safetensors.
std::string text_of_any(const Metadata& attributes, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const Value* value = attributes.find(key);
    if (value != nullptr && value->type == ValueType::string) return std::string(value->text());
  }
  return {};
}

StoredEncoding stored_encoding(const StoredPart& part) {
  if (part.swapped_width != 1) return StoredEncoding::big_endian;
  switch (part.encoding) {
    case Encoding::raw:
      return StoredEncoding::raw;
    case Encoding::zstd:
      return StoredEncoding::zstd;
    case Encoding::zstd_seekable:
      return StoredEncoding::zstd_seekable;
    case Encoding::unknown:
      break;
  }
  return StoredEncoding::unknown;
}

}  // namespace

ZTensorModel::ZTensorModel(std::shared_ptr<io::Input> input, Report& report)
    : files_{std::move(input)}, container_(read_container(*files_.front(), report)), reader_(files_, table_) {
  if (container_.is_data_shard()) {
    report.warning(
        Code::part_alone, {path(), {}, {}},
        "is a shard of a zTensor file, and read alone: the index of its tensors is in another file");
  } else {
    read_index(report);
  }
}

void ZTensorModel::read_index(Report& report) {
  const io::Input& input = *files_.front();
  manifest_ = input.view(container_.manifest_offset, container_.manifest_length);
  IndexJudge judge(container_, path(), report);
  TensorTableBuilder tensors;
  MeasuredFrames measured(input, container_);
  std::vector<PartFacts> facts;
  const auto add = [&](const ObjectEntry& object) {
    if (!judge.add(object, facts)) return;
    if (std::ranges::all_of(facts, [](const PartFacts& part) { return part.size.has_value(); }))
      return tensors.add(object, facts);
    report.unreadable(code_of(Rule::encoding), {path(), object.position, std::string(shortened(object.name))},
                      said(Rule::encoding, "nothing tells what a part decodes to"));
  };
  root_ = read_manifest(manifest_.view, container_, path(),
                        {.shards =
                             [&](std::span<const ShardEntry> shards) {
                               judge.add_shards(shards);
                               tensors.add_shards(shards);
                               open_shards(shards, report);
                             },
                         .object =
                             [&](const ObjectEntry& object) {
                               if (!measured.are_needed(object)) return add(object);
                               ObjectEntry known = object;
                               if (measured.measure(known, report)) add(known);
                             }});
  judge.finish();
  table_ = tensors.finish();
}

void ZTensorModel::open_shards(std::span<const ShardEntry> shards, Report& report) {
  if (!shards.empty()) io::require_directory(path());
  std::vector<std::string> names;
  for (const ShardEntry& shard : shards) names.push_back(file_name_of_shard(path(), std::string(shard.name)));
  io::expect_beside(*files_.front(), names);
  for (const ShardEntry& shard : shards) {
    shards_.push_back(shard_file(shard));
    files_.push_back(open_shard(*files_.front(), shards_.back(), report));
  }
}

Overview ZTensorModel::overview() const {
  Overview overview;
  overview.format = "zTensor";
  overview.version = version_of(container_, root_);
  const Metadata attributes = metadata();
  overview.model_name = text_of_any(attributes, {"general.name", "model_name"});
  overview.architecture = text_of_any(attributes, {"general.architecture", "architecture"});
  overview.packed_size = files_.front()->packed_size();
  for (std::size_t i = 0; i < files_.size(); ++i) {
    Shard& shard = overview.shards.emplace_back();
    shard.name = i == 0 ? "data" : shards_[i - 1].name;
    if (!files_[i]) continue;
    const std::uint64_t size = files_[i]->size();
    const std::uint64_t end = i == 0 ? container_.blobs_end : size - kFooterSize;
    shard.path = files_[i]->name();
    shard.offset = kMagicSize;
    shard.size = end - kMagicSize;
    overview.file_size += size;
    if (files_.size() > 1) overview.files.push_back({files_[i]->name(), size});
  }
  for (const Tensor& tensor : table_.tensors) ++overview.shards[tensor.shard].tensor_count;
  add_integrity(overview);
  return overview;
}

void ZTensorModel::add_integrity(Overview& overview) const {
  constexpr std::array kAlgorithms = {hash::Algorithm::xxh3, hash::Algorithm::sha256,
                                      hash::Algorithm::crc32c};
  for (const hash::Algorithm algorithm : kAlgorithms) {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < table_.checksums.size(); ++i) {
      if (table_.checksums.has(i) && table_.checksums.at(i).algorithm == algorithm) ++count;
    }
    if (count == 0) continue;
    overview.integrity.push_back({.covers = Integrity::Covers::tensors,
                                  .algorithm = label_of(algorithm),
                                  .count = count == table_.tensors.size() ? 0 : count});
  }
}

Metadata ZTensorModel::metadata() const {
  Metadata metadata;
  if (!root_.attributes) return metadata;
  for (const auto& [key, value] : root_.attributes->map()) metadata.entries.emplace_back(key.text(), value);
  return metadata;
}

const std::string& ZTensorModel::path_of(std::size_t tensor) const {
  const auto& file = files_[table_.parts[tensor].file];
  return file ? file->name() : path();
}

std::vector<ModelFile> ZTensorModel::files() const {
  std::vector<ModelFile> files;
  for (const auto& file : files_) {
    if (file) files.push_back({file.get(), file->expected_sha256()});
  }
  return files;
}

std::vector<KnownFile> ZTensorModel::known_files() const {
  std::vector<KnownFile> files = plainly_known_files(*this);
  files.front().regions.push_back(
      {container_.manifest_offset, container_.manifest_length, "manifest", RegionKind::index});
  return files;
}

ModelFile ZTensorModel::file_of(std::size_t tensor) const {
  const auto& file = files_[table_.parts[tensor].file];
  return file ? ModelFile{file.get(), file->expected_sha256()} : ModelFile{};
}

Source ZTensorModel::source() const {
  Source source;
  source.format = "ztensor";
  source.version = container_.version == Version::v2 ? 2 : container_.version == Version::v0_1 ? 0 : 1;
  source.valued_metadata = true;
  if (root_.attributes) source.metadata = metadata();
  return source;
}

Source ZTensorModel::recorded_source() const {
  Source source = this->source();
  record_layout(*files_.front(), container_, table_, reader_,
                is_canonical(table_, container_, manifest_.view, source.metadata), source);
  return source;
}

bool ZTensorModel::is_remote() const {
  return std::ranges::any_of(files_, [](const auto& file) { return file && file->remote() != nullptr; });
}

void ZTensorModel::expect_reads(std::span<const std::size_t> tensors) const {
  std::vector<std::vector<io::ByteRange>> runs(files_.size());
  for (const std::size_t i : tensors) {
    const std::uint64_t begin = table_.tensors[i].offset;
    runs[table_.parts[i].file].push_back({begin, begin + table_.parts[i].length});
  }
  for (std::size_t file = 0; file < files_.size(); ++file) {
    if (files_[file]) files_[file]->expect_reads(runs[file]);
  }
}

io::ReadAt ZTensorModel::reader_of(std::size_t tensor) const {
  return ztensor::reader_of(files_, table_, tensor);
}

std::optional<StoredRange> ZTensorModel::stored_range(std::size_t tensor) const {
  const StoredPart& part = table_.parts[tensor];
  return StoredRange{.offset = table_.tensors[tensor].offset,
                     .length = part.length,
                     .encoding = stored_encoding(part),
                     .decoded_length = table_.tensors[tensor].size,
                     .checksum = table_.checksum(tensor)};
}

void ZTensorModel::require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const {
  for (std::size_t i = 0; i < table_.tensors.size(); ++i) {
    const bool is_empty = table_.tensors[i].size == 0 && table_.parts[i].encoding != Encoding::raw;
    if (is_empty && wanted(i)) reader_.read(i, 0, {});
  }
}

bool ZTensorModel::is_to_verify(std::size_t shard, const FileChoice& chosen) const {
  const auto& file = files_[shard + 1];
  return shards_[shard].digest && file && is_chosen(chosen, *file);
}

void ZTensorModel::verify_files(unsigned jobs, io::Progress* progress, const FileChoice& chosen) const {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    if (is_to_verify(i, chosen)) require_digest(*files_[i + 1], shards_[i], jobs, progress);
  }
}

std::uint64_t ZTensorModel::files_size(const FileChoice& chosen) const {
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < shards_.size(); ++i) size += is_to_verify(i, chosen) ? shards_[i].size : 0;
  return size;
}

bool ZTensorModel::check(const CheckOptions& options, Report& report) const {
  if (options.level != CheckLevel::full) return options.level == CheckLevel::structure;
  check_data({.files = files_,
              .shards = shards_,
              .table = table_,
              .reader = reader_,
              .alignment = container_.version == Version::v2 ? kAlignment2 : kAlignment1,
              .blobs_end = container_.blobs_end,
              .checks_bools = container_.version == Version::v2,
              .jobs = jobs_for_reading(*this, options.jobs)},
             options, report);
  return true;
}

void ZTensorModel::require_unchanged() const {
  for (const auto& file : files_) {
    if (file) file->require_unchanged();
  }
}

}  // namespace aerotool::ztensor
