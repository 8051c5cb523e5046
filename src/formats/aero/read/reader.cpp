#include "formats/aero/read/reader.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "codecs/ggml/types.hpp"
#include "codecs/small_types.hpp"
#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/aero/read/integrity.hpp"
#include "formats/aero/read/metadata_chunk.hpp"
#include "formats/aero/read/model_json.hpp"
#include "formats/aero/read/source_codec.hpp"
#include "formats/aero/rules/check.hpp"
#include "formats/aero/rules/manifest_check.hpp"
#include "io/pipeline.hpp"
#include "model/ggml_dtype.hpp"

namespace aerotool::aero {
namespace {

constexpr std::string_view kKnownJson[] = {"architecture", "model_name", "source_format",
                                           "quant_descriptors"};

std::string flag_words(std::uint32_t flags) {
  std::string words;
  const auto add = [&](std::uint32_t flag, const char* word) {
    if ((flags & flag) == 0) return;
    if (!words.empty()) words += ' ';
    words += word;
  };
  add(kFlagZstd, "zstd");
  add(kFlagMmapCritical, "mmap-critical");
  add(kFlagIndex, "index");
  add(kFlagOptional, "optional");
  constexpr std::uint32_t kKnown = kFlagZstd | kFlagMmapCritical | kFlagIndex | kFlagOptional;
  if ((flags & ~kKnown) != 0)
    words += (words.empty() ? "unknown:" : " unknown:") + std::to_string(flags & ~kKnown);
  return words;
}

/// Orders tensor numbers by their shard alone.
struct ByShard {
  const std::vector<Tensor>& tensors;
  bool operator()(std::uint32_t tensor, std::size_t shard) const { return tensors[tensor].shard < shard; }
  bool operator()(std::size_t shard, std::uint32_t tensor) const { return shard < tensors[tensor].shard; }
};

}  // namespace

AeroModel::AeroModel(std::shared_ptr<io::Input> input, Report& report, Kind kind, const AeroModel* index)
    : input_(std::move(input)),
      kind_(kind),
      memory_left_(index != nullptr ? index->memory_left_ : ValueBuilder::kMaxMemory) {
  container_ = read_container(*input_, report);
  cut_off_ = {std::move(container_.cut_off), input_->size()};
  for (std::size_t i = 0; i < container_.chunks.size(); ++i) {
    if (!known_fourcc(container_.chunks[i].fourcc)) opaque_.push_back(i);
    if (container_.chunks[i].fourcc != kWeights) continue;
    shard_by_name_.emplace(container_.chunks[i].name, shards_.size());
    shards_.push_back(i);
  }
  shard_ids_.resize(shards_.size());
  if (const Chunk* chunk = find(kControlHash)) check_control_hash(*input_, container_, *chunk, report);
  if (const Chunk* chunk = find(kModelJson)) json_ = read_model_json(*input_, *chunk, memory_left_, report);
  const std::uint64_t before_manifest = memory_left_;
  if (const Chunk* chunk = find(kManifest)) {
    manifest_ = read_manifest(*input_, *chunk, ManifestParts::essential, memory_left_, report);
  }
  const std::uint64_t descriptors_memory = before_manifest - memory_left_;
  // A file that lost its MMSG is not taken for the reference's.
  reversed_shapes_ =
      text_member(json_, "source_format") == "gguf" && manifest_.sound && !manifest_.has_source;
  if (reversed_shapes_) {
    const char* const defect =
        "written by the reference's GGUF converter: shapes are stored fastest-varying first and sizes with "
        "their "
        "padding; they are read right, and convert repairs them";
    report.doubt(Code::malformed, where(), defect);
  }
  if (const Chunk* chunk = find(kTensorIndex)) {
    index_ = read_tensor_index(*input_, *chunk, memory_left_, report);
    read_descriptors(index, report);
    resolve_tensors(report);
    cut_off_.report(input_->name(), report);
    check_names(report);
    if (kind_ == Kind::file) {
      check_tensor_overlaps(report);
      // The tensors say it all by now.
      std::vector<Placement>().swap(index_.placements);
      type_by_quant_id_.clear();
    }
  } else {
    cut_off_.report(input_->name(), report);
  }
  check_chunk_overlaps(report);
  if (report.judging()) check_manifest(*this, report);
  // Of no more use: in a hostile file they are large, and a set has many files.
  manifest_.chunks.reset();
  manifest_.shards.reset();
  manifest_.quant_descriptors = {};
  memory_left_ += descriptors_memory;
}

const Chunk* AeroModel::find(std::string_view fourcc) const {
  const auto found = std::find_if(container_.chunks.begin(), container_.chunks.end(),
                                  [&](const Chunk& chunk) { return chunk.fourcc == fourcc; });
  return found == container_.chunks.end() ? nullptr : &*found;
}

void AeroModel::forget_description() {
  json_ = {};
  // Assigned an empty string, they would keep their memory.
  std::string().swap(manifest_.model_name);
  std::string().swap(manifest_.architecture);
}

void AeroModel::forget_unknown_members() {
  index_.extras.clear();
  std::vector<std::string>().swap(lost_);
}

const Chunk* AeroModel::page_hashes_of(const Chunk& shard) const {
  const std::string name = shard.name + ".phsh";
  const auto found =
      std::find_if(container_.chunks.begin(), container_.chunks.end(),
                   [&](const Chunk& chunk) { return chunk.fourcc == kPageHashes && chunk.name == name; });
  return found == container_.chunks.end() ? nullptr : &*found;
}

std::optional<DType> AeroModel::described_type(std::uint64_t id, std::string_view codec,
                                               std::string_view name, const Value* params,
                                               const AeroModel* index) {
  const Value* ggml = params != nullptr ? params->find("ggml_type") : nullptr;
  std::optional<DType> type;
  if (codec == ggml::kCodec && ggml != nullptr && ggml->is_unsigned() && ggml->bits <= UINT32_MAX) {
    type = ggml_dtype(static_cast<std::uint32_t>(ggml->bits));
  } else if (codec == small_types::kCodec) {
    type = dtype_named(name);
  }
  if (type && type->is_packed()) return type;
  const Value no_params = Value::map({});
  if (params == nullptr) params = &no_params;
  if (index != nullptr) {
    const auto found = index->type_by_quant_id_.find(id);
    if (found != index->type_by_quant_id_.end()) {
      const PackedType& known = found->second.packed();
      if (known.codec == codec && known.name == name && known.params == *params) return found->second;
    }
  }
  const std::uint64_t memory = sizeof(PackedType) + codec.size() + name.size() + memory_of(*params);
  if (memory > kMaxOwnTypes - own_types_memory_) return std::nullopt;
  own_types_memory_ += memory;
  own_types_.push_back({.codec = std::string(codec),
                        .name = std::string(name),
                        .block_elements = 0,
                        .block_bytes = 0,
                        .blocks_in_rows = false,
                        .number = {},
                        .params = *params});
  return DType(own_types_.back());
}

void AeroModel::read_descriptors(const AeroModel* index, Report& report) {
  const Value* list = &manifest_.quant_descriptors;
  // One release of the reference has them in MJSN only.
  if (list->type != ValueType::array) list = json_.find("quant_descriptors");
  if (list == nullptr || list->type != ValueType::array) return;
  for_each_element(list->array(), [&](const Value& descriptor) {
    const Value* id = descriptor.find("id");
    const Value* codec = descriptor.find("codec");
    const Value* name = descriptor.find("quant_name");
    const Value* params = descriptor.find("params");
    const bool sound = id != nullptr && id->is_unsigned() && codec != nullptr &&
                       codec->type == ValueType::string && name != nullptr && name->type == ValueType::string;
    if (!sound) {
      report.fault(Code::dtype, where(), "a quant descriptor lacks id, codec or quant_name");
      return true;
    }
    const auto type = described_type(id->bits, codec->text(), name->text(), params, index);
    if (!type) {
      report.unreadable(
          Code::dtype, where(),
          "the types that its quant descriptors describe take more than " + human_size(kMaxOwnTypes));
      return false;
    }
    // A known type's are written anew.
    const bool known_params =
        params == nullptr || params->type != ValueType::map || params->map().size() <= 1;
    if (descriptor.map().size() > 4 || (type->packed().params.type == ValueType::null && !known_params)) {
      lost_.push_back("members of the quant descriptor of " + escape_controls(name->text()) +
                      " that this version does not know");
    }
    if (!type_by_quant_id_.emplace(id->bits, *type).second) {
      report.fault(Code::dtype, where(), "quant id " + std::to_string(id->bits) + " has two descriptors");
    }
    return true;
  });
}

std::optional<DType> AeroModel::resolve_dtype(const Tensor& tensor, const Placement& placement,
                                              Report& report) {
  if (placement.dtype_code != static_cast<std::uint64_t>(DTypeCode::packed)) {
    const auto code = dtype_from_code(placement.dtype_code);
    if (!code) {
      report.unreadable(Code::dtype, where(tensor.name),
                        "dtype code " + std::to_string(placement.dtype_code) + " is not known");
      return std::nullopt;
    }
    return DType(*code);
  }
  if (placement.quant_id) {
    const auto found = type_by_quant_id_.find(*placement.quant_id);
    if (found != type_by_quant_id_.end()) {
      if (placement.named_type != nullptr && !(DType(*placement.named_type) == found->second)) {
        report.unreadable(Code::dtype, where(tensor.name),
                          "quant_params name " + escape_controls(placement.named_type->name) +
                              ", but the descriptor of quant id " + std::to_string(*placement.quant_id) +
                              " names " + escape_controls(found->second.name()));
        return std::nullopt;
      }
      return found->second;
    }
    report.fault(Code::dtype, where(tensor.name),
                 "quant id " + std::to_string(*placement.quant_id) + " has no descriptor");
  } else {
    report.fault(Code::dtype, where(tensor.name), "is packed, but has no quant_id");
  }
  if (placement.named_type != nullptr) return DType(*placement.named_type);
  own_types_.push_back({.codec = "unknown",
                        .name = "PACKED",
                        .block_elements = 0,
                        .block_bytes = 0,
                        .blocks_in_rows = false,
                        .number = {},
                        .params = Value::map({})});
  return DType(own_types_.back());
}

bool AeroModel::resolve(Tensor& tensor, const Placement& placement, Report& report) {
  const auto dtype = resolve_dtype(tensor, placement, report);
  if (!dtype) return false;
  tensor.dtype = *dtype;
  if (reversed_shapes_) std::reverse(tensor.shape.begin(), tensor.shape.end());
  const ByteSize size = dtype->size_of(tensor.shape);
  if (!size.problem.empty()) {
    report.unreadable(Code::shape, where(tensor.name), size.problem);
    return false;
  }
  const std::uint64_t stored = tensor.size;
  if (size.bytes && reversed_shapes_ && *size.bytes <= stored) tensor.size = *size.bytes;
  if (size.bytes && *size.bytes != tensor.size) {
    report.unreadable(Code::shape, where(tensor.name),
                      "data_len is " + std::to_string(stored) + ", but " + escape_controls(dtype->name()) +
                          " " + aerotool::to_string(tensor.shape) + " takes " + std::to_string(*size.bytes) +
                          " bytes");
    return false;
  }
  return kind_ == Kind::set_index || place(tensor, placement, stored, report);
}

std::optional<std::size_t> AeroModel::shard_with_id(std::uint64_t id) {
  // Names take longer to look up, and most tensors lie in the shard of the one before.
  if (placed_last_ && shard_ids_[*placed_last_] == id) return placed_last_;
  const auto shard = shard_named(shard_name(id));
  if (!shard) return std::nullopt;
  shard_ids_[*shard] = id;
  placed_last_ = shard;
  return shard;
}

bool AeroModel::place(Tensor& tensor, const Placement& placement, std::uint64_t stored, Report& report) {
  const auto shard = shard_with_id(placement.shard_id);
  if (!shard) {
    if (!cut_off_.empty() &&
        cut_off_.holds(shard_name(placement.shard_id), tensor, placement.data_offset, stored))
      return false;
    report.unreadable(Code::placement, where(tensor.name),
                      "lies in shard " + std::to_string(placement.shard_id) + ", but there is no chunk '" +
                          shard_name(placement.shard_id) + "'");
    return false;
  }
  const Chunk& chunk = container_.chunks[shards_[*shard]];
  if (!range_fits(placement.data_offset, stored, chunk.length)) {
    report.unreadable(Code::placement, where(tensor.name),
                      std::to_string(stored) + " bytes at " + std::to_string(placement.data_offset) +
                          " are not inside " + escape_controls(chunk.name) + " of " +
                          std::to_string(chunk.length) + " bytes");
    return false;
  }
  tensor.shard = static_cast<std::uint32_t>(*shard);
  tensor.offset = chunk.offset + placement.data_offset;
  return true;
}

void AeroModel::resolve_tensors(Report& report) {
  if (kind_ == Kind::file && shards_.empty() && cut_off_.empty() && !index_.tensors.empty()) {
    report.unreadable(Code::malformed, where(),
                      "lists " + plural(index_.tensors.size(), "tensor") +
                          ", but holds no weights: the index of a set is read through its "
                          "model.aeroset.json");
    index_.tensors.clear();
    index_.placements.clear();
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < index_.tensors.size(); ++i) {
    if (!resolve(index_.tensors[i], index_.placements[i], report)) {
      if (report.full()) break;  // nobody is told of the others
      continue;
    }
    if (kept != i) {
      index_.tensors[kept] = std::move(index_.tensors[i]);
      index_.placements[kept] = index_.placements[i];
    }
    ++kept;
  }
  all_tensors_usable_ = index_.complete && kept == index_.entry_count;
  index_.tensors.resize(kept);
  index_.placements.resize(kept);
}

void AeroModel::check_names(Report& report) {
  const auto& tensors = index_.tensors;
  // As they are written: in the order of their names.
  const auto not_before = [](const Tensor& a, const Tensor& b) { return a.name >= b.name; };
  if (std::adjacent_find(tensors.begin(), tensors.end(), not_before) == tensors.end()) return;
  std::vector<std::uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return tensors[a].name < tensors[b].name; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (tensors[order[i - 1]].name == tensors[order[i]].name) {
      if (report.full()) break;
      report.unreadable(Code::duplicate, where(tensors[order[i]].name), "the name is duplicated in TIDX");
    }
  }
}

void AeroModel::check_tensor_overlaps(Report& report) {
  const auto& tensors = index_.tensors;
  by_place_.resize(tensors.size());
  std::iota(by_place_.begin(), by_place_.end(), 0);
  const auto before_in_file = [](const Tensor& a, const Tensor& b) {
    return std::tuple(a.shard, a.offset, a.size) < std::tuple(b.shard, b.offset, b.size);
  };
  if (!std::is_sorted(tensors.begin(), tensors.end(), before_in_file)) {
    std::sort(by_place_.begin(), by_place_.end(),
              [&](auto a, auto b) { return before_in_file(tensors[a], tensors[b]); });
  }
  const Tensor* before = nullptr;
  for (const std::uint32_t i : by_place_) {
    const Tensor& tensor = tensors[i];
    if (tensor.size == 0) continue;
    if (before != nullptr && before->shard == tensor.shard && tensor.offset < before->offset + before->size) {
      report.unreadable(Code::overlap, where(tensor.name),
                        "overlaps tensor '" + escape_controls(before->name) +
                            "' in the file: it begins at byte " + std::to_string(tensor.offset) +
                            ", the other ends at " + std::to_string(before->offset + before->size));
    }
    before = &tensor;
  }
}

void AeroModel::check_chunk_overlaps(Report& report) {
  for (const Overlap& overlap : find_overlaps(container_)) {
    const Chunk& first = container_.chunks[overlap.first];
    const Chunk& second = container_.chunks[overlap.second];
    report.unreadable(Code::overlap, Where{input_->name(), overlap.begin, {}},
                      label(first) + " and " + label(second) + " share the bytes " +
                          std::to_string(overlap.begin) + " to " + std::to_string(overlap.end),
                      report.full() ? std::vector<HitTensor>{} : tensors_in(overlap.begin, overlap.end));
  }
}

Overview AeroModel::overview() const {
  Overview view;
  view.format = "AERO";
  view.version = "0.1";
  view.model_name = manifest_.model_name.empty() ? text_member(json_, "model_name") : manifest_.model_name;
  view.architecture =
      manifest_.architecture.empty() ? text_member(json_, "architecture") : manifest_.architecture;
  view.file_size = input_->size();
  view.packed_size = input_->packed_size();
  view.uuid = to_string(container_.uuid);
  for (const std::size_t shard : shards_) {
    const Chunk& chunk = container_.chunks[shard];
    view.shards.push_back({chunk.name, input_->name(), chunk.offset, chunk.length, 0});
  }
  std::uint64_t hashed = 0;
  for (const Tensor& tensor : index_.tensors) {
    if (kind_ == Kind::file) ++view.shards[tensor.shard].tensor_count;
    if (tensor.digest) ++hashed;
  }
  view.integrity.emplace_back("BLAKE3 of every chunk");
  if (hashed != 0) {
    view.integrity.push_back("BLAKE3 of " + (hashed == index_.tensors.size()
                                                 ? std::string("every tensor")
                                                 : with_thousands(hashed) + " tensors"));
  }
  const auto pages = std::count_if(container_.chunks.begin(), container_.chunks.end(),
                                   [](const Chunk& chunk) { return chunk.fourcc == kPageHashes; });
  if (pages != 0)
    view.integrity.push_back("page hashes of " + plural(static_cast<std::uint64_t>(pages), "shard"));
  if (find(kControlHash) != nullptr) view.integrity.emplace_back("control-plane hash");
  for (const Chunk& chunk : container_.chunks) {
    view.chunks.push_back({chunk.fourcc, chunk.name, flag_words(chunk.flags), chunk.offset, chunk.length,
                           chunk.uncompressed_length, chunk.digest});
  }
  return view;
}

Manifest AeroModel::whole_manifest(Report& report) const {
  const Chunk* chunk = find(kManifest);
  std::uint64_t memory = memory_left_;
  return chunk == nullptr ? Manifest{} : read_manifest(*input_, *chunk, ManifestParts::all, memory, report);
}

Metadata AeroModel::metadata() const {
  Source carried = source();
  if (carried.metadata) return std::move(*carried.metadata);
  Metadata metadata;
  if (json_.type != ValueType::map) return metadata;
  for (const auto& [key, value] : json_.map()) {
    if (key.text() != "quant_descriptors") metadata.entries.emplace_back(key.text(), value);
  }
  return metadata;
}

Source AeroModel::source() const {
  Report report;
  const Manifest whole = whole_manifest(report);
  if (whole.source.type == ValueType::null) {
    Source source;
    source.format = text_member(json_, "source_format");
    return source;
  }
  std::string problem;
  auto source = source_from_value(whole.source, problem);
  if (!source) throw CorruptError(where(), problem);
  return std::move(*source);
}

Extras AeroModel::extras() const {
  Extras extras;
  extras.lost = lost_;
  Report report;
  extras.manifest = whole_manifest(report).extras;
  if (json_.type == ValueType::map) {
    for (const auto& item : json_.map()) {
      if (std::find(std::begin(kKnownJson), std::end(kKnownJson), item.first.text()) ==
          std::end(kKnownJson)) {
        extras.json.push_back(item);
      }
    }
  }
  extras.tensors = index_.extras;
  for (const std::size_t index : opaque_) {
    const Chunk& chunk = container_.chunks[index];
    check_chunk_bytes(*input_, chunk, report);
    extras.chunks.push_back(
        {chunk.fourcc, chunk.name, chunk.flags, chunk.length, chunk.uncompressed_length, chunk.digest});
  }
  return extras;
}

void AeroModel::read_chunk(std::size_t chunk, std::uint64_t offset, std::span<std::byte> out) const {
  input_->read(container_.chunks[opaque_[chunk]].offset + offset, out);
}

void AeroModel::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  input_->read(index_.tensors[tensor].offset + offset, out);
}

AeroModel::StatedPlace AeroModel::stated_place(std::size_t tensor) const {
  if (kind_ == Kind::set_index)
    return {index_.placements[tensor].shard_id, index_.placements[tensor].data_offset};
  const Tensor& placed = index_.tensors[tensor];
  return {shard_ids_[placed.shard], placed.offset - container_.chunks[shards_[placed.shard]].offset};
}

std::optional<std::size_t> AeroModel::shard_named(const std::string& name) const {
  const auto found = shard_by_name_.find(name);
  if (found == shard_by_name_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::size_t> AeroModel::shard_of_page_hashes(const Chunk& chunk) const {
  return shard_named(chunk.name.substr(0, chunk.name.rfind(".phsh")));
}

std::span<const std::uint32_t> AeroModel::tensors_of(std::size_t shard) const {
  const auto [first, last] =
      std::equal_range(by_place_.begin(), by_place_.end(), shard, ByShard{index_.tensors});
  return {first, last};
}

std::vector<HitTensor> AeroModel::tensors_in(std::uint64_t begin, std::uint64_t end) const {
  std::vector<HitTensor> hit;
  for (std::size_t shard = 0; shard < shards_.size(); ++shard) {
    const Chunk& chunk = container_.chunks[shards_[shard]];
    if (chunk.offset < end && begin < chunk.end()) add_tensors_in(shard, begin, end, hit);
  }
  return hit;
}

void AeroModel::add_tensors_in(std::size_t shard, std::uint64_t begin, std::uint64_t end,
                               std::vector<HitTensor>& hit) const {
  const auto members = tensors_of(shard);
  auto at = std::partition_point(members.begin(), members.end(), [&](std::uint32_t i) {
    return index_.tensors[i].offset + index_.tensors[i].size <= begin;
  });
  for (; at != members.end() && index_.tensors[*at].offset < end; ++at) {
    const Tensor& tensor = index_.tensors[*at];
    if (tensor.size != 0) hit.push_back({tensor.name, input_->name(), tensor.offset, tensor.size});
  }
}

std::vector<HashedRun> AeroModel::hashed_runs() const {
  std::vector<HashedRun> runs;
  for (const std::size_t shard : shards_) {
    const Chunk& chunk = container_.chunks[shard];
    HashedRun& run = runs.emplace_back();
    run.name = chunk.name;
    run.path = input_->name();
    run.length = chunk.length;
    run.read = [this, start = chunk.offset](std::uint64_t offset, std::span<std::byte> out) {
      input_->read(start + offset, out);
    };
    run.digest = chunk.digest;
  }
  Report report;
  for (const Chunk& chunk : container_.chunks) {
    const auto shard = chunk.fourcc == kPageHashes ? shard_of_page_hashes(chunk) : std::nullopt;
    if (!shard) continue;
    PageHashes pages = read_page_hashes(*input_, chunk, container_.chunks[shards_[*shard]], report);
    runs[*shard].page_size = pages.page_size;
    runs[*shard].pages = std::move(pages.digests);
  }
  for (const std::uint32_t i : by_place_) {
    const Tensor& tensor = index_.tensors[i];
    const std::uint64_t start = container_.chunks[shards_[tensor.shard]].offset;
    runs[tensor.shard].members.push_back({i, tensor.offset - start});
  }
  return runs;
}

bool AeroModel::verify_pages(std::size_t tensor, std::uint64_t begin, std::uint64_t end) const {
  const Tensor& described = index_.tensors[tensor];
  const Chunk& shard = container_.chunks[shards_[described.shard]];
  const Chunk* chunk = page_hashes_of(shard);
  if (chunk == nullptr) return false;
  Report report;
  const PageHashes pages = read_page_hashes(*input_, *chunk, shard, report);
  const std::uint64_t from = described.offset - shard.offset + begin;
  const std::uint64_t to = described.offset - shard.offset + end;
  for (std::uint64_t page = from / pages.page_size; page * pages.page_size < to; ++page) {
    const std::uint64_t at = page * pages.page_size;
    const std::uint64_t length = std::min(pages.page_size, shard.length - at);
    const Digest found = io::hash_range(
        length,
        [&](std::uint64_t offset, std::span<std::byte> out) {
          input_->read(shard.offset + at + offset, out);
        },
        1, nullptr);
    if (found != pages.digests[page]) {
      throw CorruptError(where(described.name),
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
  return check_model(*this, options, report);
}

}  // namespace aerotool::aero
