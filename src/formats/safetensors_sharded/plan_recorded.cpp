#include "formats/safetensors_sharded/plan_recorded.hpp"

#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/safetensors/message.hpp"
#include "formats/safetensors/part_name.hpp"
#include "formats/safetensors_sharded/parse.hpp"
#include "transfer/numbered_files.hpp"
#include "transfer/recorded_order.hpp"

namespace aerotool::safetensors_sharded {
namespace {

using safetensors::quoted;

void require_sound_index_path(const std::string& path, const std::string& model) {
  const bool sound = index_ending(path) != 0 && !path.starts_with('.') &&
                     path.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
  if (!sound) throw CorruptError({model, {}, {}}, "\"source\": the index cannot be named " + quoted(path));
}

/// What an index names is where it says, and no file is left out. It may leave tensors out, as one that was
/// read may have.
void require_match(const Plan& plan, const Source& source, const std::string& model) {
  const auto refuse = [&](const std::string& why) {
    throw CorruptError({model, {}, {}}, "the index that it carries does not describe its files (" + why +
                                            "); --include '*' leaves it out");
  };
  if (source.index->size() > kMaxIndexBytes) refuse("it has " + human_size(source.index->size()));
  Report report;
  Index index;
  try {
    index = read_index(model, source.index->text(), report);
  } catch (const Error& error) {
    refuse(error.message());
  }
  std::vector<const std::string*> paths(plan.tensors.size());
  std::vector<std::string> files;
  for (const SourceFile& file : source.files) {
    for (const std::uint64_t tensor : file.order) paths[tensor] = &file.path;
    files.push_back(file.path);
  }
  sort_names(files);
  if (files != index.files()) refuse("it names other files");
  std::size_t tensor = 0;  // both are in name order
  for (const std::uint32_t entry : index.by_name()) {
    const std::string_view name = index.tensor(entry);
    while (tensor < paths.size() && plan.tensors[tensor].tensor().name < name) ++tensor;
    const bool there = tensor < paths.size() && plan.tensors[tensor].tensor().name == name;
    if (!there || *paths[tensor] != index.files()[index.file(entry)])
      refuse("it is wrong about " + quoted(name));
  }
}

/// Without an index only their names say that the files are one model.
void require_numbered(const Source& source, const std::string& model) {
  const auto first = safetensors::part_name(source.files.front().path);
  for (std::size_t i = 0; i < source.files.size(); ++i) {
    const auto name = safetensors::part_name(source.files[i].path);
    const bool sound = name && same_parts(*first, *name) && name->part == i + 1 &&
                       name->count == source.files.size() && name->stem.find('/') == std::string::npos;
    if (sound) continue;
    throw CorruptError({model, {}, {}}, "\"source\": " + quoted(source.files[i].path) +
                                            " is not called as part " + std::to_string(i + 1) + " of " +
                                            std::to_string(source.files.size()) + ", and there is no index");
  }
}

}  // namespace

bool has_recorded_files(const Source& source) {
  return source.format == safetensors::kSourceFormat && (source.index.has_value() || !source.files.empty());
}

std::string recorded_index_path(const Source& source) {
  if (!source.index) return {};
  return source.index_path.empty() ? std::string(kUsualIndex) : source.index_path;
}

HeadedFiles plan_recorded_files(const Plan& plan, const Source& source) {
  const std::string& model = plan.models.front()->path();
  require_sound_paths(source, ".safetensors", model);
  if (source.index) {
    require_sound_index_path(recorded_index_path(source), model);
    require_match(plan, source, model);
  } else {
    require_numbered(source, model);
  }
  HeadedFiles files;
  for (const SourceFile& recorded : source.files) {
    if (!recorded.gaps.empty()) safetensors::refuse_gaps(plan);
    safetensors::FileContent file;
    file.name = recorded.path;
    file.tensors = tensors_at(plan, recorded.order);
    file.metadata = safetensors::carried_metadata(plan, recorded.metadata);
    file.head = recorded.head;
    add_file(plan, std::move(file), files);
  }
  return files;
}

}  // namespace aerotool::safetensors_sharded
