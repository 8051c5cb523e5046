#include "formats/safetensors_sharded/reader.hpp"

#include <algorithm>
#include <utility>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/safetensors/config.hpp"
#include "formats/safetensors/message.hpp"
#include "formats/safetensors/reader.hpp"
#include "io/beside.hpp"
#include "model/quantized_modules.hpp"

namespace aerotool::safetensors_sharded {
namespace {

using safetensors::quoted;
using safetensors::shortened;

Index index_in(const io::Input& input, Report& report) {
  if (input.size() > kMostIndexBytes) {
    throw CorruptError({input.name(), {}, {}},
                       "the index has " + with_thousands(input.size()) + " bytes; at most " +
                           with_thousands(kMostIndexBytes) + " are read",
                       Code::index);
  }
  return read_index(input.name(), input.view(0, input.size()).text(), report);
}

/// The name of the file at a path; without the ending of a compressed one, which is not what was read.
std::string_view file_name(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  for (const std::string_view packing : {".gz", ".zst"}) {
    if (path.ends_with(packing)) path.remove_suffix(packing.size());
  }
  return path;
}

}  // namespace

ShardedModel::ShardedModel(std::shared_ptr<io::Input> input, Report& report) : input_(std::move(input)) {
  io::require_directory(path());
  const Index index = index_in(*input_, report);
  open_files(index, report);
  compare(index, report);
  leave_out_twins(report);
  const bool nameless = parts().empty() || parts().front()->overview().architecture.empty();
  if (nameless || needs_configuration(tensors())) config_ = safetensors::config_beside(*input_, report);
}

void ShardedModel::open_files(const Index& index, Report& report) {
  const auto read_part = [](std::shared_ptr<io::Input> file, Report& to) {
    return std::make_unique<safetensors::SafetensorsModel>(std::move(file), to);
  };
  opened_.resize(index.files().size());
  for (std::size_t i = 0; i < opened_.size(); ++i) {
    // A hostile index names more files than anyone wants to be told of.
    if (report.full()) break;
    const std::uint64_t faults = report.fault_count();
    if (!open_part(*input_, index.files()[i], read_part, report)) continue;
    opened_[i] = {parts().size() - 1, report.fault_count() == faults};
    files_.push_back(index.files()[i]);
  }
}

/// Holds the index and the files against each other, both in the order of the tensors' names.
void ShardedModel::compare(const Index& index, Report& report) const {
  const std::vector<std::size_t> there = by_name();
  const std::vector<std::uint32_t> named = index.by_name();
  std::vector<std::size_t> unnamed;
  bool whole = std::all_of(opened_.begin(), opened_.end(), [](const File& file) { return file.sound; });
  auto tensor = there.begin();
  for (const std::uint32_t entry : named) {
    const std::string_view name = index.tensor(entry);
    const File& file = opened_[index.file(entry)];
    const auto name_of = [&](std::size_t i) { return std::string_view(tensors()[i].name); };
    while (tensor != there.end() && name_of(*tensor) < name) unnamed.push_back(*tensor++);
    const auto first = tensor;
    while (tensor != there.end() && name_of(*tensor) == name) ++tensor;
    const Where where{path(), {}, shortened(name)};
    if (first == tensor) {
      whole = false;
      // Where the file cannot be read, that is told already.
      if (file.sound)
        report.unreadable(
            Code::index, where,
            "is not in " + quoted(index.files()[index.file(entry)]) + ", where the index says it is");
      continue;
    }
    // One that is in two files is told of as that.
    if (tensor - first == 1 && file.part != place_of(*first).part) {
      report.unreadable(Code::index, where,
                        "is in " + quoted(files_[place_of(*first).part]) + ", but the index says " +
                            quoted(index.files()[index.file(entry)]));
    }
  }
  unnamed.insert(unnamed.end(), tensor, there.end());
  tell_unnamed(unnamed, report);
  // What has no tensors to be compared with, or other tensors, is told of already.
  if (whole && unnamed.empty()) compare_total(index, report);
}

void ShardedModel::compare_total(const Index& index, Report& report) const {
  if (!index.total_size()) return;
  std::optional<std::uint64_t> total = 0;
  for (const Tensor& tensor : tensors()) {
    if (total) total = checked_add(*total, tensor.size);
  }
  if (index.total_size() == total) return;
  report.doubt(Code::index, {path(), {}, {}},
               "\"total_size\" is " + with_thousands(*index.total_size()) + ", but the tensors take " +
                   (total ? with_thousands(*total) : "more than 2^64") + " bytes");
}

/// A line for each file with tensors that the index does not name.
void ShardedModel::tell_unnamed(const std::vector<std::size_t>& tensors_there, Report& report) const {
  std::vector<std::vector<HitTensor>> of_part(parts().size());
  for (const std::size_t i : tensors_there)
    of_part[place_of(i).part].push_back({shortened(tensors()[i].name), {}, 0, 0});
  for (std::size_t part = 0; part < of_part.size(); ++part) {
    if (of_part[part].empty()) continue;
    report.doubt(Code::index, {parts()[part]->path(), {}, {}},
                 "has " + plural(of_part[part].size(), "tensor") +
                     " that the index does not name: " + list_names(of_part[part]));
  }
}

Overview ShardedModel::overview() const {
  Overview overview;
  overview.format = "safetensors";
  if (!parts().empty()) {
    Overview first = parts().front()->overview();
    overview.model_name = std::move(first.model_name);
    overview.architecture = std::move(first.architecture);
  }
  if (overview.architecture.empty()) overview.architecture = config_.model_type;
  overview.quantization = config_.quantization;
  overview.files.push_back({path(), input_->size()});
  add_files(overview);
  overview.shards = shards();
  // A file is one shard.
  for (std::size_t i = 0; i < files_.size(); ++i) overview.shards[i].name = files_[i];
  return overview;
}

Metadata ShardedModel::metadata() const {
  return parts().empty() ? Metadata{} : parts().front()->metadata();
}

Source ShardedModel::source() const {
  Source source;
  source.format = "safetensors";
  for (std::size_t i = 0; i < files_.size(); ++i) {
    Source part = parts()[i]->source();
    source.files.push_back(
        {files_[i], std::move(part.metadata), {}, std::move(part.head), std::move(part.gaps)});
  }
  for (std::size_t i = 0; i < tensors().size(); ++i) source.files[place_of(i).part].order.push_back(i);
  if (!source.files.empty()) source.metadata = source.files.front().metadata;
  source.index = input_->view(0, input_->size());
  if (const auto name = file_name(path()); name != kUsualIndex) source.index_path = name;
  return source;
}

bool ShardedModel::check(const CheckOptions& options, Report& report) const {
  return check_parts(options, report) && options.level != CheckLevel::control;
}

void ShardedModel::require_unchanged() const {
  input_->require_unchanged();
  PartedModel::require_unchanged();
}

}  // namespace aerotool::safetensors_sharded
