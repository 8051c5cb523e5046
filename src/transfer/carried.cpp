#include "transfer/carried.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "core/text.hpp"
#include "model/index_text.hpp"
#include "model/safetensors_order.hpp"
#include "transfer/planned_objects.hpp"

namespace aerotool {
namespace {

/// Name and architecture under the keys that the source's metadata has for them, and all else.
MetadataEdits edits_of(const Plan& plan, const Source& source) {
  const NameKeys keys = name_keys(has_typed_names(source));
  MetadataEdits edits;
  if (plan.edits.name) edits.set.emplace_back(keys.name, Value::string(*plan.edits.name));
  if (plan.edits.architecture)
    edits.set.emplace_back(keys.architecture, Value::string(*plan.edits.architecture));
  const MetadataEdits& others = plan.edits.metadata;
  edits.set.insert(edits.set.end(), others.set.begin(), others.set.end());
  edits.unset = others.unset;
  return edits;
}

/// What has no metadata of its own says as much in other formats.
Metadata metadata_of_members(const Plan& plan, const Source& source) {
  Metadata metadata;
  const Naming named = naming(plan, source);
  const NameKeys keys = name_keys(false);
  if (!named.name.empty()) metadata.entries.emplace_back(keys.name, Value::string(named.name));
  if (!named.architecture.empty())
    metadata.entries.emplace_back(keys.architecture, Value::string(named.architecture));
  for (const auto& [key, value] : plan.models.front()->own_content().members) {
    if (key.type == ValueType::string && value.type == ValueType::string)
      metadata.entries.emplace_back(key.text(), value);
  }
  return metadata;
}

/// AERO keeps the metadata of a format that has text alone as such.
void require_text(const Plan& plan, const Source& source) {
  if (source.typed_metadata || source.valued_metadata) return;
  for (const auto& [key, value] : plan.edits.metadata.set) {
    if (value.type != ValueType::string)
      require_place(plan, key, "metadata that comes from " + source.format + " is text");
  }
}

void edit(const MetadataEdits& edits, MetadataEdits::New fresh, const Source& source,
          std::optional<Metadata>& metadata) {
  const bool adds = fresh == MetadataEdits::New::add && !edits.set.empty();
  if (!metadata && !adds) return;
  if (!metadata) metadata.emplace();
  const bool was_empty = metadata->entries.empty();
  edits.apply(*metadata, fresh);
  // Only GGUF always has a place for it.
  if (!source.typed_metadata && !was_empty && metadata->entries.empty()) metadata.reset();
}

void edit_metadata(const Plan& plan, Recording recording, Source& source) {
  const MetadataEdits edits = edits_of(plan, source);
  if (edits.empty()) return;
  const bool changes_others = !plan.edits.metadata.empty();
  // AERO files have their own places for names, and MJSN for what comes from no other format.
  if (source.format.empty() && (recording == Recording::yes || !changes_others)) return;
  if (recording == Recording::yes) require_text(plan, source);
  if (!source.metadata && recording == Recording::no && changes_others)
    source.metadata = metadata_of_members(plan, source);
  edit(edits, MetadataEdits::New::add, source, source.metadata);
  for (std::size_t i = 0; i < source.files.size(); ++i) {
    // The first part of a split GGUF says what there is to say, all shards of safetensors say the same.
    const bool adds = i == 0 || !source.typed_metadata;
    edit(edits, adds ? MetadataEdits::New::add : MetadataEdits::New::leave_out, source,
         source.files[i].metadata);
  }
  if (source.typed_metadata && edits.touches(kGgufAlignment)) {
    const Value* alignment = edits.find(kGgufAlignment);
    source.alignment = alignment != nullptr ? std::optional(alignment->bits) : std::nullopt;
  }
  if (plan.edits.name) source.named_by_path = false;
}

/// Turns indexes into a model's tensors into indexes into a plan's.
class Renumbering {
 public:
  explicit Renumbering(const Plan& plan) : plan_(plan), place_(plan.tensors.size()) {
    for (std::size_t i = 0; i < plan.tensors.size(); ++i) place_[plan.tensors[i].index] = i;
  }

  void apply(std::vector<std::uint64_t>& order) {
    if (seen_.empty()) seen_.resize(place_.size());
    for (std::uint64_t& tensor : order) {
      if (tensor >= place_.size() || seen_[tensor]) refuse();
      seen_[tensor] = true;
      tensor = place_[tensor];
    }
    named_ += order.size();
  }
  void apply(std::uint64_t& tensor) {
    if (tensor >= place_.size())
      throw CorruptError({plan_.models.front()->path(), {}, {}}, "\"source\": \"stored\" names no tensor");
    tensor = place_[tensor];
  }
  void finish() const {
    if (named_ != place_.size()) refuse();
  }

 private:
  [[noreturn]] void refuse() const {
    throw CorruptError({plan_.models.front()->path(), {}, {}},
                       "\"source\": \"order\" does not name every tensor once");
  }

  const Plan& plan_;
  std::vector<std::uint64_t> place_;
  std::vector<bool> seen_;
  std::size_t named_ = 0;
};

/// What AERO's writers have put, or put, where a source says no name.
bool is_default_name(std::string_view name) {
  return name == "converted" || name == "converted-gguf" || name == "converted-sharded";
}

void drop_gaps(std::vector<std::pair<std::uint64_t, Bytes>>& gaps, std::vector<std::string>& dropped) {
  constexpr std::string_view kLine = "bytes between the source's tensors";
  if (!gaps.empty() && std::ranges::find(dropped, kLine) == dropped.end()) dropped.emplace_back(kLine);
  gaps.clear();
}

/// The order that the source leaves to its format's writer goes by names, which are others now.
void record_order(const Plan& plan, Source& source) {
  if (source.order || !source.files.empty()) return;
  const bool by_dtype = source.format == "safetensors";
  if (!by_dtype && source.format != "gguf") return;
  const std::vector<Tensor>& tensors = plan.models.front()->tensors();
  const auto rank = [&](const Tensor& tensor) {
    const auto known = by_dtype ? safetensors::rank_of(tensor.dtype) : std::nullopt;
    return known ? static_cast<int>(*known) : -1;
  };
  std::vector<std::uint64_t>& order = source.order.emplace(tensors.size());
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  std::sort(order.begin(), order.end(), [&](std::uint64_t a, std::uint64_t b) {
    const int rank_of_a = rank(tensors[a]);
    const int rank_of_b = rank(tensors[b]);
    return rank_of_a != rank_of_b ? rank_of_a > rank_of_b : tensors[a].name < tensors[b].name;
  });
}

/// The index of the files that are kept, with the names that the tensors have now.
void write_index(const Plan& plan, const IndexMetadata& metadata, Source& source) {
  std::uint64_t total = 0;
  WeightMap map;
  for (const SourceFile& file : source.files) {
    for (const std::uint64_t tensor : file.order) {
      map.emplace_back(plan.tensors[tensor].tensor().name, file.path);
      total += plan.tensors[tensor].tensor().size;
    }
  }
  source.index = Bytes::own(index_text(metadata, total, std::move(map)));
}

}  // namespace

NameKeys name_keys(bool typed_metadata) {
  if (typed_metadata) return {"general.name", "general.architecture"};
  return {"model_name", "architecture"};
}

bool has_typed_names(const Source& source) {
  if (source.typed_metadata) return true;
  // Attributes may be those of a GGUF file.
  return source.valued_metadata && source.metadata &&
         source.metadata->find(name_keys(true).architecture) != nullptr;
}

void require_place(const Plan& plan, std::string_view key, const std::string& why) {
  if (plan.edits.metadata.find(key) == nullptr) return;
  throw UnsupportedError({plan.models.front()->path(), {}, {}},
                         "--set '" + escape_controls(shortened(key)) + "': " + why);
}

Kept kept(const Plan& plan) {
  const Model* const model = plan.models.front();
  const Edits& edits = plan.edits;
  const bool laid_out_anew =
      edits.selected || plan.options.has(write::align()) || plan.options.has(write::compress());
  if (laid_out_anew || plan.models.size() != 1 || plan.tensors.size() != model->tensors().size()) return {};
  std::vector<bool> has_its_place(plan.tensors.size());
  bool stored = true;
  bool renamed = false;
  for (const PlannedTensor& planned : plan.tensors) {
    if (planned.model != model || has_its_place[planned.index]) return {};
    has_its_place[planned.index] = true;
    stored = stored && is_as_stored(planned);
    renamed = renamed || planned.is_renamed();
  }
  const bool has_same_alignment = !edits.metadata.touches(kGgufAlignment);
  stored = stored && has_same_alignment;
  const bool edited = edits.name || edits.architecture || !edits.metadata.empty();
  return {.order = true,
          .files = has_same_alignment,
          .index = stored && !renamed,
          .head = stored && !renamed && !edited,
          .gaps = stored};
}

void drop_layout(Source& source, std::vector<std::string>& dropped, const Kept& kept) {
  if (!kept.order) {
    if (source.order) dropped.emplace_back("the source's order of tensors");
    source.order.reset();
  }
  if (!kept.head) {
    bool had_head = source.head.has_value();
    // Only a head of its own says where tensors lie that do not follow each other.
    if (source.head) drop_gaps(source.gaps, dropped);
    source.head.reset();
    for (SourceFile& file : source.files) {
      if (!file.head) continue;
      had_head = had_head || kept.files;
      drop_gaps(file.gaps, dropped);
      file.head.reset();
    }
    if (had_head) dropped.emplace_back("the source's own header bytes");
    if (source.tail) dropped.emplace_back("the source's own index bytes");
    source.tail.reset();
    source.stored.clear();
  }
  if (!kept.gaps) drop_gaps(source.gaps, dropped);
  if (!kept.files) {
    if (!source.files.empty()) dropped.emplace_back("how the source divides its tensors into files");
    source.files.clear();
    source.index.reset();
    source.index_path.clear();
  }
}

void add_lost_gaps(const Source& source, std::vector<std::string>& lost) {
  std::uint64_t count = 0;
  const auto add = [&](const auto& gaps) {
    for (const auto& [offset, bytes] : gaps) {
      const auto first = std::ranges::find_if(bytes.view, [](std::byte b) { return b != std::byte{0}; });
      count += static_cast<std::uint64_t>(bytes.view.end() - first);
    }
  };
  add(source.gaps);
  for (const SourceFile& file : source.files) add(file.gaps);
  if (count != 0) lost.push_back(plural(count, "byte") + " that belong to no tensor");
}

std::vector<std::string> lost_side_files(const Plan& plan) {
  // Nothing is made of a corrupt source.
  for (const SideFile& file : plan.side_files) {
    if (file.hashed) static_cast<void>(digest_of(file));
  }
  if (plan.side_files.empty()) return {};
  return {side_files_text(plan.side_files) + ": one file has no place for them"};
}

Naming naming(const Plan& plan, const Source& source) {
  const Overview view = plan.models.front()->overview();
  Naming naming;
  if (!is_default_name(view.model_name) && !source.named_by_path && !plan.edits.nameless)
    naming.name = replace_invalid_utf8(view.model_name);
  if (view.architecture != "unknown") naming.architecture = replace_invalid_utf8(view.architecture);
  if (plan.edits.name) naming.name = *plan.edits.name;
  if (plan.edits.architecture) naming.architecture = *plan.edits.architecture;
  return naming;
}

std::vector<std::string> lost_index(const IndexMetadata& metadata) {
  if (metadata.empty()) return {};
  std::vector<std::string> names;
  for (const auto& [name, value] : metadata) names.push_back(name);
  return {"what the index says of the model: " + listed(names, 10, Quotes::yes)};
}

std::vector<std::string> lost_own_content(const Plan& plan, bool but_text) {
  std::vector<std::string> lines;
  for (const Model* model : plan.models) {
    const OwnContent own = model->own_content();
    const bool text_kept = but_text && model == plan.models.front();
    const bool members_lost = std::any_of(own.members.begin(), own.members.end(), [&](const auto& member) {
      return !text_kept || member.second.type != ValueType::string;
    });
    if (!own.more && !members_lost) continue;
    lines.push_back("chunks and keys of " + escape_controls(model->path()) + " that only " +
                    std::string(own.format) + " has a place for");
  }
  return lines;
}

Carried carried(const Plan& plan, Recording recording, Heads heads) {
  Carried carried;
  const Model& first = *plan.models.front();
  carried.kept = kept(plan);
  const bool records = recording == Recording::yes && carried.kept.all();
  carried.source = records ? first.recorded_source() : first.source();
  Source& source = carried.source;
  carried.dropped = std::move(source.left_out);
  if (source.index) carried.index_metadata = metadata_of_index(source.index->text());
  edit_metadata(plan, recording, source);
  if (plan.tensors.size() != plan.models.front()->tensors().size()) {
    // It counts the elements of what was there.
    const auto known = std::find_if(carried.index_metadata.begin(), carried.index_metadata.end(),
                                    [](const auto& member) { return member.first == "total_parameters"; });
    if (known != carried.index_metadata.end()) {
      carried.index_metadata.erase(known);
      carried.dropped.emplace_back("the index's total_parameters, as the tensors are others");
    }
  }
  source.objects = planned_objects(plan);
  if (carried.kept.order && std::ranges::any_of(plan.tensors, &PlannedTensor::is_renamed))
    record_order(plan, source);
  Kept stays = carried.kept;
  stays.head = stays.head || (heads == Heads::edited && stays.layout());
  drop_layout(source, carried.dropped, stays);
  if (source.order) {
    Renumbering order(plan);
    order.apply(*source.order);
    order.finish();
  }
  if (!source.stored.empty()) {
    Renumbering stored(plan);
    for (auto& [tensor, bytes] : source.stored) stored.apply(tensor);
  }
  if (!source.files.empty()) {
    Renumbering files(plan);
    for (SourceFile& file : source.files) files.apply(file.order);
    files.finish();
    if (!carried.kept.index && source.index) write_index(plan, carried.index_metadata, source);
  }
  return carried;
}

}  // namespace aerotool
