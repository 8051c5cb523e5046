#include "formats/dcp/reader.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/dcp/chunks.hpp"
#include "formats/dcp/metadata.hpp"
#include "formats/dcp/ranks.hpp"
#include "io/interrupt.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"
#include "model/known_archive.hpp"
#include "transfer/value_check.hpp"

namespace aerotool::dcp {
namespace {

/// Those that threads read beside each other.
constexpr std::size_t kMaxAssemblies = 4;
constexpr std::size_t kMaxWindows = 3;
/// Seconds in which the files of a checkpoint may be written, or copied, one after the other.
constexpr std::int64_t kWritten = 60;
constexpr std::size_t kMostObjects = 100'000;

/// What torch.save() was given, of the values that an archive has by their keys.
Value value_of(Metadata metadata) {
  auto& entries = metadata.entries;
  if (entries.size() == 1 && entries.front().first == "value") return std::move(entries.front().second);
  bool is_list = true;
  for (std::size_t i = 0; i < entries.size(); ++i) is_list = is_list && entries[i].first == std::to_string(i);
  if (is_list) {
    ArrayBuilder array;
    for (auto& entry : entries) array.add(std::move(entry.second));
    return Value::array(array.finish());
  }
  MapItems items;
  for (auto& [name, value] : entries) items.emplace_back(Value::string(std::move(name)), std::move(value));
  return Value::map(std::move(items));
}

/// As FSDP1 calls it, whatever is around it.
bool is_flat_parameter(std::string_view name) {
  return name.substr(name.rfind('.') + 1) == "_flat_param";
}

/// What was found in an item, under its key.
void retell(const Report& found, const std::string& name, const std::string& what, Report& report) {
  for (const Finding& finding : found.findings()) {
    const Where where{finding.where.path, finding.where.offset, shortened(name)};
    const std::string message = what + ": " + finding.message;
    finding.severity == Severity::warning ? report.warning(finding.code, where, message)
                                          : report.fault(finding.code, where, message);
  }
}

}  // namespace

DcpModel::DcpModel(std::shared_ptr<io::Input> metadata, std::string_view path, Report& report)
    : metadata_(std::move(metadata)), files_(*metadata_, index_), items_(index_, files_) {
  io::require_directory(this->path());
  read_index(report);
  take_index(path, report);
  if (report.judging()) {
    look_at_files(report);
    look_at_items(report);
  }
}

DcpModel::DcpModel(std::shared_ptr<io::Input> named, Parts parts, std::string_view path, Report& report)
    : metadata_(std::move(named)),
      parts_(std::move(parts)),
      index_(std::move(parts_->index)),
      files_(*metadata_, index_),
      items_(index_, files_) {
  take_index(path, report);
  file_ends_ = parts_->sizes;
}

void DcpModel::take_index(std::string_view path, Report& report) {
  file_paths_.reserve(index_.files.size());
  for (std::uint32_t i = 0; i < index_.files.size(); ++i) file_paths_.push_back(files_.path_of(i));
  take_keys(path, report);
  if (index_.unused > 0) {
    report.fault(Code::index, {this->path(), {}, {}},
                 "says of " + plural(index_.unused, "item") + " where " +
                     (index_.unused == 1 ? "it" : "they") + " would be, such as one of " +
                     shown(index_.unused_example) + ", and nothing is made of " +
                     (index_.unused == 1 ? "it" : "them"));
  }
}

void DcpModel::read_index(Report& report) {
  IndexBuilder builder;
  const auto read = [&](const io::Input& input) {
    read_metadata({.bytes = input.view(0, input.size()), .path = input.name(), .offset = 0}, builder, report);
  };
  read(*metadata_);
  for (const std::string& name : other_ranks(path(), report)) {
    others_.push_back(io::open_beside(*metadata_, name));
    builder.begin_another();
    read(*others_.back());
  }
  index_ = builder.finish();
}

void DcpModel::take_keys(std::string_view path, Report& report) {
  Names names = names_of(index_, path);
  if (!path.empty() && names.named.empty()) {
    constexpr std::size_t kMostListed = 10;
    const std::vector<std::string> ways = ways_in(index_);
    throw UsageError(
        describe({this->path(), {}, {}},
                 "nothing lies under the key " + shown(path) +
                     (ways.empty() ? "" : "; there are " + listed(ways, kMostListed, Quotes::yes))));
  }
  unwrapped_ = names.unwrapped;
  if (path.empty()) model_beside_ = model_beside_optimizer(index_);
  file_ends_.assign(index_.files.size(), 0);
  for (Names::Named& named : names.named) {
    const Key& key = index_.keys[named.key];
    for (std::uint64_t chunk = 0; chunk < (key.is_tensor ? key.count : 1); ++chunk) {
      const auto item = index_.item(key, chunk);
      if (!item) continue;
      std::uint64_t& end = file_ends_[item->file];
      end = std::max(end, checked_add(item->offset, item->length).value_or(0));
    }
    if (!key.is_tensor) {
      values_.push_back(std::move(named));
    } else if (!report.full()) {
      const std::size_t before = tensors_.size();
      take_tensor(key, std::move(named.name), report);
      if (tensors_.size() > before) keys_.push_back(named.key);
    }
  }
}

void DcpModel::take_tensor(const Key& key, std::string name, Report& report) {
  const Where where{path(), {}, shortened(key.name)};
  const auto refuse = [&](Code code, std::string message) {
    report.unreadable(code, where, std::move(message));
  };
  if (!key.problem.empty()) return refuse(key.code, key.problem);
  if (is_flat_parameter(key.name)) {
    return refuse(Code::unsupported,
                  "is what FSDP1 keeps of several parameters in one row (a local state dict), and nothing "
                  "says which they are: it is not taken apart");
  }
  if (key.type->is_quantized || key.type->bytes == 0)
    return refuse(Code::dtype, "is quantized (" + std::string(key.type->name) + "), which is not read");
  const bool is_negative =
      std::ranges::any_of(key.shape, [](std::uint64_t size) { return size > INT64_MAX; });
  Tensor tensor;
  tensor.dtype = key.type->dtype();
  tensor.shape = key.shape;
  bool has_size = !is_negative;
  if (key.type->values > 1) {
    const auto last =
        tensor.shape.empty() ? std::nullopt : checked_mul(tensor.shape.back(), key.type->values);
    has_size = has_size && last.has_value();
    if (last) tensor.shape.back() = *last;
  }
  const ByteSize size = has_size ? tensor.dtype.size_of(tensor.shape) : ByteSize{{}, "has no size"};
  if (!size.bytes || *size.bytes > INT64_MAX)
    return refuse(Code::shape, size.problem.empty() ? "has no size" : size.problem);
  if (auto problem = problem_of_chunks(index_, key))
    return refuse(problem->code, std::move(problem->message));
  tensor.name = std::move(name);
  tensor.size = *size.bytes;
  if (const auto item = key.count > 0 ? index_.item(key) : std::nullopt) {
    tensor.shard = item->file;
    tensor.offset = item->offset;
  }
  tensors_.push_back(std::move(tensor));
}

/// Which are there, and how long they are. What reading a part would tell anyway is told when judging alone.
void DcpModel::look_at_files(Report& report) {
  sizes_.emplace(index_.files.size(), kNoNumber);
  for (std::uint32_t i = 0; i < index_.files.size() && !report.full(); ++i) {
    io::check_interrupt();
    try {
      const auto input = files_.open(i);
      (*sizes_)[i] = input->size();
      if (input->version().seconds > metadata_->version().seconds + kWritten) {
        report.warning(Code::unfinished, {input->name(), {}, {}},
                       "is newer than the index: a later checkpoint may have been broken off while it was "
                       "written over this one");
      }
    } catch (const ContentError& error) {
      report.fault(error.code() == Code::malformed ? Code::missing : error.code(), error.where(),
                   error.message());
    } catch (const IoError& error) {
      // On a server what is not there is an error, too; here nobody knows what such a file has.
      if (!is_remote()) throw;
      report.fault(Code::missing, error.where(), error.message());
    }
  }
  if (is_remote()) return;
  std::vector<std::string> stray;
  for (const std::string& name : io::names_in(io::directory_of(path()))) {
    if (name.ends_with(".distcp") && std::ranges::find(index_.files, name) == index_.files.end())
      stray.push_back(name);
  }
  if (stray.empty()) return;
  constexpr std::size_t kMostListed = 4;
  sort_names(stray);
  report.warning(
      Code::trailing, {path(), {}, {}},
      "does not name " + listed(stray, kMostListed) + " beside it, which may be of an older checkpoint");
}

bool DcpModel::is_there(const StoredItem& item) const {
  return !sizes_ ||
         ((*sizes_)[item.file] != kNoNumber && range_fits(item.offset, item.length, (*sizes_)[item.file]));
}

void DcpModel::look_at_items(Report& report) const {
  const auto look = [&](const Key& key) {
    for (std::uint64_t chunk = 0; chunk < (key.is_tensor ? key.count : 1); ++chunk) {
      const auto item = index_.item(key, chunk);
      const std::string what =
          key.is_tensor ? "its chunk at " + begin_text(index_, key, chunk) : std::string("the object");
      const Where where{path(), {}, shortened(key.name)};
      if (!item)
        return report.fault(Code::missing, where, what + " is in no file: the index has no entry for it");
      const std::uint64_t size = (*sizes_)[item->file];
      if (size == kNoNumber || is_there(*item)) continue;
      return report.fault(Code::short_file, where,
                          what + " would be at byte " + with_thousands(item->offset) + " of " +
                              shown(index_.files[item->file]) + ", with " + plural(item->length, "byte") +
                              ", and the file has " + with_thousands(size));
    }
  };
  for (const std::uint32_t key : keys_) {
    if (report.full()) return;
    look(index_.keys[key]);
  }
  for (const Names::Named& value : values_) {
    if (report.full()) return;
    look(index_.keys[value.key]);
  }
}

const std::string& DcpModel::path_of(std::size_t tensor) const {
  const Key& key = key_of(tensor);
  const auto item = key.count > 0 ? index_.item(key) : std::nullopt;
  return item ? file_paths_[item->file] : path();
}

std::vector<std::string> DcpModel::notes() const {
  std::vector<std::string> notes;
  if (model_beside_) {
    notes.push_back("holds " + plural(model_beside_->of_optimizer, "tensor") +
                    " of the state of an optimizer as well; --key " + escape_controls(model_beside_->way) +
                    " takes the model alone");
  }
  const auto is_tiled = [this](std::uint32_t key) { return index_.keys[key].is_tiled; };
  if (const auto first = std::ranges::find_if(keys_, is_tiled); first != keys_.end()) {
    notes.push_back(plural(static_cast<std::uint64_t>(std::ranges::count_if(keys_, is_tiled)), "tensor") +
                    " of Megatron's optimizer, such as " + shown(index_.keys[*first].name) +
                    ", are rows of tiles, and keep that shape");
  }
  return notes;
}

std::vector<ModelFile> DcpModel::files() const {
  std::vector<ModelFile> files = {{metadata_.get(), metadata_->expected_sha256()}};
  for (const auto& other : others_) files.push_back({other.get(), other->expected_sha256()});
  files.resize(files.size() + index_.files.size());
  return files;
}

KnownFile DcpModel::known_file(std::uint32_t number) const {
  KnownFile file{.path = file_paths_[number], .size = file_ends_[number], .is_here = false};
  if (is_remote() || io::type_of(file.path) == io::FileType::none) return file;
  try {
    const auto input = files_.open(number);
    file.size = input->size();
    file.is_here = true;
    if (parts_ && parts_->are_archives) add_archive_if_any(input, file);
  } catch (const ContentError&) {
    // It is a link that leads out of the directory, or no file.
  }
  return file;
}

std::vector<KnownFile> DcpModel::known_files() const {
  std::vector<KnownFile> files;
  if (!parts_) files.push_back(known_index(*metadata_));
  for (const auto& other : others_) files.push_back(known_index(*other));
  const std::size_t indexes = files.size();
  for (std::uint32_t i = 0; i < file_paths_.size(); ++i) files.push_back(known_file(i));
  for (const Key& key : index_.keys) {
    const RegionKind kind = key.is_tensor ? RegionKind::tensor : RegionKind::metadata;
    for (std::uint64_t chunk = 0; chunk < (key.is_tensor ? key.count : 1); ++chunk) {
      const auto item = index_.item(key, chunk);
      if (item) files[indexes + item->file].regions.push_back({item->offset, item->length, key.name, kind});
    }
  }
  return files;
}

Overview DcpModel::overview() const {
  Overview overview;
  overview.format = parts_ ? parts_->shown : "PyTorch, distributed";
  // Without an index it is one of the others.
  if (!parts_) {
    overview.file_size = metadata_->size();
    overview.files.push_back({path(), metadata_->size()});
  }
  for (const auto& other : others_) {
    overview.files.push_back({other->name(), other->size()});
    overview.file_size += other->size();
  }
  overview.shards.reserve(file_paths_.size());
  for (std::size_t i = 0; i < file_paths_.size(); ++i) {
    overview.files.push_back({file_paths_[i], file_ends_[i]});
    overview.file_size = checked_add(overview.file_size, file_ends_[i]).value_or(UINT64_MAX);
    overview.shards.push_back({index_.files[i], file_paths_[i], 0, file_ends_[i], 0});
  }
  if (!tensors_.empty() && (!parts_ || parts_->are_archives))
    overview.integrity.push_back({.covers = Integrity::Covers::tensors, .algorithm = "CRC-32", .count = 0});
  for (const Tensor& tensor : tensors_) {
    if (tensor.shard < overview.shards.size()) ++overview.shards[tensor.shard].tensor_count;
  }
  return overview;
}

Source DcpModel::source() const {
  Source source;
  source.format = "dcp";
  source.metadata = metadata();
  source.valued_metadata = true;
  source.order = order_unless_by_name(tensors_);
  return source;
}

const DcpModel::Values& DcpModel::values() const {
  const std::lock_guard lock(values_mutex_);
  if (!values_read_) {
    values_read_.emplace();
    read_values();
  }
  return *values_read_;
}

void DcpModel::read_values() const {
  const auto note = [&](const Error& error) {
    if (!values_read_->problem.empty()) return;
    values_read_->problem = error.message();
    values_read_->where = error.where();
  };
  for (const Names::Named& value : values_) {
    io::check_interrupt();
    if (values_read_->metadata.entries.size() == kMostObjects) {
      return note(
          UnsupportedError({path(), {}, {}}, "has more than " + with_thousands(kMostObjects) + " objects"));
    }
    try {
      Report report;
      const torch::TorchModel item(items_.open(index_.keys[value.key], 0), std::string_view(), report);
      values_read_->metadata.entries.emplace_back(value.name, value_of(item.metadata()));
    } catch (const ContentError& error) {
      note(error);
    } catch (const IoError& error) {
      note(error);
    }
  }
}

std::shared_ptr<const Assembly> DcpModel::assembly_of(std::size_t tensor) const {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(recent_, tensor, [](const auto& entry) { return entry.first; });
  if (known != recent_.end()) {
    std::rotate(recent_.begin(), known, known + 1);
    return recent_.front().second;
  }
  recent_.emplace_front(tensor, std::make_shared<const Assembly>(index_, key_of(tensor), items_, files_));
  if (recent_.size() > kMaxAssemblies) recent_.pop_back();
  return recent_.front().second;
}

std::shared_ptr<DcpModel::Window> DcpModel::window_of(const WindowName& name) const {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(windows_, name, [](const auto& entry) { return entry.first; });
  if (known != windows_.end()) {
    std::rotate(windows_.begin(), known, known + 1);
  } else {
    windows_.emplace_front(name, std::make_shared<Window>());
    if (windows_.size() > kMaxWindows) windows_.pop_back();
  }
  return windows_.front().second;
}

void DcpModel::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  if (out.empty()) return;
  const auto assembly = assembly_of(tensor);
  const std::uint64_t width = assembly->window();
  if (width == 0 || out.size() >= width) return assembly->read(offset, out);
  while (!out.empty()) {
    const std::uint64_t number = offset / width;
    const auto window = window_of({tensor, number});
    const std::lock_guard lock(window->mutex);
    if (!window->is_there) {
      window->bytes.resize(std::min(width, tensors_[tensor].size - number * width));
      assembly->read(number * width, window->bytes);
      window->is_there = true;
    }
    const std::uint64_t at = offset - number * width;
    const auto piece = std::min<std::uint64_t>(out.size(), window->bytes.size() - at);
    std::memcpy(out.data(), window->bytes.data() + at, piece);
    offset += piece;
    out = out.subspan(piece);
  }
}

void DcpModel::require_copyable(const std::function<bool(std::size_t tensor)>& wanted) const {
  if (!parts_) {
    if (const Values& all = values(); !all.problem.empty()) throw CorruptError(all.where, all.problem);
  }
  std::vector<bool> is_open(index_.files.size());
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    if (!wanted(i)) continue;
    for (std::uint64_t chunk = 0; chunk < key_of(i).count; ++chunk) {
      const auto item = index_.item(key_of(i), chunk);
      if (!item || is_open[item->file]) continue;
      static_cast<void>(files_.open(item->file));
      is_open[item->file] = true;
    }
  }
}

bool DcpModel::check(const CheckOptions& options, Report& report) const {
  if (options.level == CheckLevel::control) return false;
  if (parts_) {
    check_files(options, report);
  } else {
    check_items(options, report);
  }
  if (options.level == CheckLevel::full && options.values && report.fault_count() == 0)
    check_values(*this, options, report);
  return true;
}

void DcpModel::check_items(const CheckOptions& options, Report& report) const {
  CheckOptions of_item = options;
  of_item.values = false;
  of_item.progress = nullptr;
  of_item.sha256.clear();
  of_item.tally = nullptr;
  const auto check = [&](const std::string& name, const std::string& what,
                         const std::function<std::unique_ptr<torch::TorchModel>(Report&)>& open) {
    io::check_interrupt();
    Report found(Report::Mode::judge);
    try {
      const auto model = open(found);
      model->check(of_item, found);
      retell(found, name, what, report);
    } catch (const ContentError& error) {
      retell(found, name, what, report);
      report.fault(error.code(), {error.where().path, error.where().offset, shortened(name)},
                   error.message());
    }
  };
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const Key& key = key_of(i);
    for (std::uint64_t chunk = 0; chunk < key.count && !report.full(); ++chunk) {
      const auto item = index_.item(key, chunk);
      if (!item || !is_there(*item)) continue;
      check(key.name, "its chunk at " + begin_text(index_, key, chunk),
            [&](Report& found) { return items_.open_chunk(key, chunk, found); });
    }
  }
  for (const Names::Named& value : values_) {
    const Key& key = index_.keys[value.key];
    const auto item = index_.item(key);
    if (!item || !is_there(*item) || report.full()) continue;
    check(key.name, "the object", [&](Report& found) {
      return std::make_unique<torch::TorchModel>(items_.open(key, 0), std::string_view(), found);
    });
  }
}

/// What the files of processes have been read from is judged; their members are not.
void DcpModel::check_files(const CheckOptions& options, Report& report) const {
  if (options.level != CheckLevel::full || !parts_->are_archives) return;
  CheckOptions of_file = options;
  of_file.values = false;
  of_file.sha256.clear();
  of_file.tally = nullptr;
  for (std::uint32_t i = 0; i < index_.files.size() && !report.full(); ++i) {
    io::check_interrupt();
    Report head(Report::Mode::judge);
    const torch::TorchModel model(io::open_beside(*metadata_, index_.files[i]), std::string_view(), head);
    model.check(of_file, report);
  }
}

void DcpModel::require_unchanged() const {
  metadata_->require_unchanged();
  for (const auto& other : others_) other->require_unchanged();
  files_.require_unchanged();
}

}  // namespace aerotool::dcp
