#include "formats/safetensors_sharded/reader.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "foreign/foreign.hpp"
#include "formats/safetensors/config.hpp"
#include "formats/safetensors/message.hpp"
#include "formats/safetensors/part_name.hpp"
#include "formats/safetensors/reader.hpp"
#include "io/relative_path.hpp"
#include "model/missing_parts.hpp"
#include "model/quantized_modules.hpp"

namespace aerotool::safetensors_sharded {
namespace {

using safetensors::quoted;
using safetensors::shortened;

Index index_in(const io::Input& input, Report& report) {
  foreign::refuse_unless_index(input);
  if (input.size() > kMaxIndexBytes) {
    throw CorruptError({input.name(), {}, {}},
                       "the index has " + with_thousands(input.size()) + " bytes; at most " +
                           with_thousands(kMaxIndexBytes) + " are read",
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

/// What to type for these files beside `base`: a pattern where they are numbered alike.
std::string pattern_of(const std::string& base, std::string_view extension,
                       const std::vector<std::string>& files) {
  const auto first = numbered_name(files.front());
  const bool alike = first && std::all_of(files.begin(), files.end(), [&](const std::string& file) {
                       const auto name = numbered_name(file);
                       return name && same_parts(*first, *name);
                     });
  std::string pattern = "*" + std::string(extension);
  if (alike) pattern = parts_pattern(*first);
  if (files.size() == 1) pattern = files.front();
  return escape_controls(base.substr(0, base.rfind('/') + 1) + pattern);  // no directory without a slash
}

std::unique_ptr<Model> read_safetensors(std::shared_ptr<io::Input> file, Report& report) {
  return std::make_unique<safetensors::SafetensorsModel>(std::move(file), report);
}

}  // namespace

const PartKind& safetensors_parts() {
  static constexpr PartKind kParts{"safetensors", "safetensors", safetensors::kExtension, read_safetensors,
                                   true};
  return kParts;
}

ShardedModel::ShardedModel(std::shared_ptr<io::Input> index_input, Report& report, const PartKind& kind)
    : kind_(kind), index_(std::move(index_input)), beside_(index_), path_(index_->name()) {
  io::require_directory(path());
  const Index index = index_in(*index_, report);
  const std::vector<std::size_t> missing = missing_parts(beside_->name(), index.files());
  tell_missing_files(index, missing, report);
  open_files(index.files(), missing, nullptr, report);
  const std::set<std::size_t> meant = compare(index, report);
  leave_out_twins(report, [&](std::size_t tensor) { return meant.contains(tensor); });
  if (index.size() == 0) look_beside_empty_index(report);
  take_configuration(report);
  take_objects();
}

ShardedModel::ShardedModel(const std::shared_ptr<io::Input>& part, const NumberedName& name, Report& report)
    : kind_(safetensors_parts()), beside_(part), path_(io::directory_of(part->name())) {
  const std::vector<std::string> names = part_names(name);
  if (const std::vector<std::size_t> missing = missing_parts(beside_->name(), names); !missing.empty())
    throw CorruptError({path_, {}, {}}, tell_missing(names, missing), Code::missing);
  report.warning(Code::no_index, {path_, {}, {}},
                 "has no index; its " + plural(names.size(), "numbered file") + " are read as one model");
  open_files(names, {}, part, report);
  leave_out_twins(report);
  take_configuration(report);
}

void ShardedModel::take_configuration(Report& report) {
  const bool nameless = parts().empty() || parts().front()->overview().architecture.empty();
  if (nameless || needs_configuration(tensors())) config_ = safetensors::config_beside(*beside_, report);
}

void ShardedModel::open_files(const std::vector<std::string>& names, const std::vector<std::size_t>& missing,
                              const std::shared_ptr<io::Input>& part, Report& report) {
  std::vector<std::string> others = names;
  if (part) std::erase(others, file_name(part->name()));
  io::expect_beside(*beside_, others);
  opened_.resize(names.size());
  for (std::size_t i = 0; i < opened_.size(); ++i) {
    // A hostile index names more files than anyone wants to be told of.
    if (report.full()) break;
    if (std::binary_search(missing.begin(), missing.end(), i)) continue;
    const std::uint64_t faults = report.fault_count();
    const auto open = [&] {
      return part && names[i] == file_name(part->name()) ? part : io::open_beside(*beside_, names[i]);
    };
    if (!open_part(open, kind_.read, report)) continue;
    opened_[i] = {parts().size() - 1, report.fault_count() == faults};
    files_.push_back(names[i]);
  }
}

void ShardedModel::tell_missing_files(const Index& index, const std::vector<std::size_t>& missing,
                                      Report& report) const {
  if (missing.empty()) return;
  const std::vector<std::string>& names = index.files();
  if (missing.size() == names.size()) {
    const auto others = files_beside(beside_->name(), kind_.extension);
    if (!others.empty()) {
      std::string message = tell_stale(names, others, "division");
      if (!report.judging())
        message += "; name the files themselves: " + pattern_of(beside_->name(), kind_.extension, others);
      report.unreadable(Code::index, {path(), {}, {}}, std::move(message));
      return;
    }
  }
  report.unreadable(Code::missing, {path(), {}, {}}, tell_missing(names, missing));
}

/// Holds the index and the files against each other, both in the order of the tensors' names.
std::set<std::size_t> ShardedModel::compare(const Index& index, Report& report) const {
  std::set<std::size_t> meant;
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
    const auto right =
        std::find_if(first, tensor, [&](std::size_t i) { return file.part == place_of(i).part; });
    if (right == tensor) {
      report.unreadable(Code::index, where,
                        "is in " + quoted(files_[place_of(*first).part]) + ", but the index says " +
                            quoted(index.files()[index.file(entry)]));
    } else if (tensor - first > 1) {
      meant.insert(*right);
    }
  }
  unnamed.insert(unnamed.end(), tensor, there.end());
  tell_unnamed(unnamed, report);
  // What has no tensors to be compared with, or other tensors, is told of already.
  if (whole && unnamed.empty()) compare_total(index, report);
  return meant;
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

/// An index that names nothing is right only where there is nothing.
void ShardedModel::look_beside_empty_index(Report& report) {
  for (const std::string& name : files_beside(beside_->name(), kind_.extension)) {
    Report of_file(Report::Mode::judge);
    std::size_t count = 0;
    try {
      count = kind_.read(io::open_beside(*beside_, name), of_file)->tensors().size();
    } catch (const Error&) {
      // What cannot be read is not known to hold any.
    }
    if (count == 0) continue;
    unnamed_ = "names no tensor, while " + quoted(name) + " beside it holds " + plural(count, "tensor");
    report.doubt(Code::index, {path(), {}, {}}, unnamed_);
    return;
  }
}

void ShardedModel::require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const {
  if (!unnamed_.empty()) throw CorruptError({path(), {}, {}}, unnamed_, Code::index);
  MultiFileModel::require_copyable(wanted);
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

std::vector<ModelFile> ShardedModel::files() const {
  std::vector<ModelFile> files = MultiFileModel::files();
  if (index_) files.insert(files.begin(), {index_.get(), index_->expected_sha256()});
  return files;
}

Overview ShardedModel::overview() const {
  Overview overview;
  overview.format = kind_.shown;
  if (!parts().empty()) {
    Overview first = parts().front()->overview();
    overview.model_name = std::move(first.model_name);
    overview.architecture = std::move(first.architecture);
  }
  if (overview.architecture.empty()) overview.architecture = config_.model_type;
  overview.quantization = config_.quantization;
  if (index_) overview.files.push_back({path(), index_->size()});
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
  source.format = kind_.format;
  if (!kind_.comes_back) {
    if (parts().empty()) return source;
    source = parts().front()->source();
    source.order.reset();
    source.objects = objects_;
    return source;
  }
  for (std::size_t i = 0; i < files_.size(); ++i) {
    Source part = parts()[i]->source();
    source.files.push_back(
        {files_[i], std::move(part.metadata), {}, std::move(part.head), std::move(part.gaps)});
  }
  for (std::size_t i = 0; i < tensors().size(); ++i) source.files[place_of(i).part].order.push_back(i);
  if (!source.files.empty()) source.metadata = source.files.front().metadata;
  if (!index_) return source;
  source.index = index_->view(0, index_->size());
  if (const auto name = file_name(path()); name != kUsualIndex) source.index_path = name;
  return source;
}

void ShardedModel::take_objects() {
  for (std::size_t part = 0; part < parts().size(); ++part) {
    const auto unread = parts()[part]->unread();
    unread_.insert(unread_.end(), unread.begin(), unread.end());
    if (parts()[part]->objects().empty()) continue;
    std::map<std::size_t, std::size_t> ours;  // by the part's number of a tensor
    for (std::size_t i = 0; i < tensors().size(); ++i) {
      if (place_of(i).part == part) ours.emplace(place_of(i).tensor, i);
    }
    for (Object object : parts()[part]->objects()) {
      const bool is_whole = std::ranges::all_of(object.parts, [&](Object::Part& of_object) {
        const auto found = ours.find(of_object.tensor);
        if (found != ours.end()) of_object.tensor = found->second;
        return found != ours.end();
      });
      if (is_whole) objects_.push_back(std::move(object));
    }
  }
}

bool ShardedModel::check(const CheckOptions& options, Report& report) const {
  return MultiFileModel::check(options, report) && options.level != CheckLevel::control;
}

void ShardedModel::require_unchanged() const {
  if (index_) index_->require_unchanged();
  MultiFileModel::require_unchanged();
}

}  // namespace aerotool::safetensors_sharded
