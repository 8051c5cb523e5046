#include "formats/gguf_split/writer.hpp"

#include <limits>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/gguf/plan_content.hpp"
#include "formats/gguf/reader.hpp"
#include "formats/gguf/split.hpp"
#include "transfer/carried.hpp"
#include "transfer/headed_set.hpp"
#include "transfer/numbered_files.hpp"
#include "transfer/recorded_order.hpp"

namespace aerotool::gguf_split {
namespace {

constexpr std::string_view kExtension = ".gguf";

/// The recorded parts are those of one model, all of them and in order, or they could not be read again.
void require_parts(const Plan& plan, const Source& source) {
  const std::string& model = plan.models.front()->path();
  require_sound_paths(source, kExtension, model);
  for (std::size_t i = 0; i < source.files.size(); ++i) {
    const auto name = gguf::split_name(source.files[i].path);
    const auto first = gguf::split_name(source.files.front().path);
    const bool sound = name && first && name->stem == first->stem && name->part == i + 1 &&
                       name->count == source.files.size();
    if (sound) continue;
    throw CorruptError({model, {}, {}}, "\"source\": '" + escape_controls(source.files[i].path) +
                                            "' is not named as part " + std::to_string(i + 1) + " of " +
                                            std::to_string(source.files.size()));
  }
}

HeadedFiles plan_recorded_files(const Plan& plan, const gguf::Content& content) {
  require_parts(plan, content.source);
  HeadedFiles files;
  for (const SourceFile& recorded : content.source.files) {
    gguf::FileContent file;
    file.name = recorded.path;
    file.tensors = tensors_at(plan, recorded.order);
    file.version = content.version;
    file.metadata = gguf::carried_metadata(plan, recorded.metadata.value_or(Metadata{}));
    file.restored = true;
    file.head = recorded.head;
    file.gaps = recorded.gaps;
    add_file(plan, std::move(file), files);
  }
  return files;
}

/// A part ends before its padded tensors pass the cap, but it has one at least.
std::vector<std::vector<PlannedTensor>> divide(const std::vector<PlannedTensor>& tensors,
                                               std::optional<std::uint64_t> most, std::uint64_t alignment) {
  std::vector<std::vector<PlannedTensor>> parts(1);
  std::uint64_t size = 0;
  for (const PlannedTensor& planned : tensors) {
    const auto padded = checked_align(planned.tensor().size, alignment);
    const auto sum = padded ? checked_add(size, *padded) : std::nullopt;
    if (most && !parts.back().empty() && (!sum || *sum > *most)) {
      parts.emplace_back();
      size = 0;
    }
    parts.back().push_back(planned);
    size += padded.value_or(0);
  }
  return parts;
}

/// The first part has all metadata; the others say no more than how to read them.
std::shared_ptr<const Metadata> metadata_of_part(const Metadata& whole, std::size_t part, std::size_t count,
                                                 std::size_t tensors) {
  Metadata metadata;
  if (part == 0) {
    metadata = whole;
  } else if (const Value* alignment = whole.find(gguf::kAlignmentKey)) {
    metadata.entries.emplace_back(gguf::kAlignmentKey, *alignment);
  }
  metadata.entries.emplace_back(gguf::kSplitNumberKey, Value::of(ValueType::u16, part));
  metadata.entries.emplace_back(gguf::kSplitCountKey, Value::of(ValueType::u16, count));
  metadata.entries.emplace_back(gguf::kSplitTensorsKey, Value::of(ValueType::i32, tensors));
  return std::make_shared<const Metadata>(std::move(metadata));
}

HeadedFiles plan_parts(const Plan& plan, gguf::Content& content,
                       std::vector<std::vector<PlannedTensor>> parts) {
  const bool fits = parts.size() <= std::numeric_limits<std::uint16_t>::max() &&
                    plan.tensors.size() <= std::numeric_limits<std::int32_t>::max();
  if (!fits) {
    throw UnsupportedError(
        {plan.models.front()->path(), {}, {}},
        "would take " + with_thousands(parts.size()) +
            " files, a split GGUF model has at most 65,535: a larger --max-shard-bytes helps");
  }
  content.restores = false;
  gguf::erase_split_keys(content.metadata);
  content.source.order.reset();  // the parts keep it
  drop_layout(content.source, content.dropped);
  HeadedFiles files;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    gguf::FileContent file;
    file.name = numbered_file(i, parts.size(), kExtension);
    file.tensors = std::move(parts[i]);
    file.version = content.version;
    file.metadata = metadata_of_part(content.metadata, i, parts.size(), plan.tensors.size());
    add_file(plan, std::move(file), files);
  }
  return files;
}

HeadedFiles plan_files(const Plan& plan, gguf::Content& content) {
  if (content.restores && !content.source.files.empty() && !plan.options.has(write::max_shard_bytes())) {
    gguf::require_places(plan, true);
    return plan_recorded_files(plan, content);
  }
  unite(content);
  auto parts = divide(content.in_source_order, plan.options.get(write::max_shard_bytes()),
                      gguf::alignment_of(plan, content.metadata));
  gguf::require_places(plan, content.restores && parts.size() == 1);
  HeadedFiles files;
  if (parts.size() == 1) {
    gguf::FileContent file = only_file(plan, content);
    file.name = numbered_file(0, 1, kExtension);
    add_file(plan, std::move(file), files);
  } else {
    files = plan_parts(plan, content, std::move(parts));
  }
  if (!content.restores) gguf::require_architecture(plan, content.metadata);
  return files;
}

}  // namespace

std::unique_ptr<SetDraft> SplitWriter::draft(const Plan& plan) const {
  gguf::Content content = gguf::content_of(plan);
  HeadedSet set;
  set.extension = kExtension;
  set.open_file = [](std::shared_ptr<io::Input> input, Report& report) {
    return std::make_unique<gguf::GgufModel>(std::move(input), report);
  };
  set.files = plan_files(plan, content);
  set.files.lost = std::move(content.lost);
  set.files.dropped = std::move(content.dropped);
  set.files.warnings = std::move(content.warnings);
  return draft_of_set(plan, std::move(set));
}

}  // namespace aerotool::gguf_split
