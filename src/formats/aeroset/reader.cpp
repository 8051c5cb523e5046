#include "formats/aeroset/reader.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_map>
#include <utility>

#include "core/text.hpp"
#include "foreign/foreign.hpp"
#include "formats/aero/layout.hpp"
#include "formats/aero/read/model_json.hpp"
#include "formats/aeroset/file_hash.hpp"
#include "formats/aeroset/parse.hpp"
#include "formats/aeroset/part_url.hpp"
#include "io/absent.hpp"
#include "io/file_hash.hpp"
#include "io/hashed_input.hpp"
#include "io/open_url.hpp"
#include "io/relative_path.hpp"
#include "io/url.hpp"
#include "model/missing_parts.hpp"

namespace aerotool::aeroset {
namespace {

/// Notes a size that is not the index's, of a file that is no other thing.
void require_size(const SetFile& entry, const io::Input& input, const std::string& index, Report& report) {
  const Bytes begin = input.view(0, std::min<std::uint64_t>(input.size(), aero::kMagic.size()));
  if (begin.text() != aero::kMagic) foreign::refuse(input, "AERO");
  if (!entry.size || *entry.size == input.size()) return;
  report.unreadable(Code::index, {index, {}, {}},
                    "'" + escape_controls(shortened(entry.path)) + "' has " + std::to_string(input.size()) +
                        " bytes, the index says " + std::to_string(*entry.size));
}

}  // namespace

AerosetModel::AerosetModel(std::shared_ptr<io::Input> input, Report& report) : input_(std::move(input)) {
  io::require_directory(path());
  foreign::refuse_unless_index(*input_);
  if (input_->size() > kMaxIndexBytes) {
    throw UnsupportedError(where(), "the index has " + with_thousands(input_->size()) + " bytes; at most " +
                                        with_thousands(kMaxIndexBytes) + " are read");
  }
  index_ = read_set_index(input_->view(0, input_->size()).text(), path(), report);
  find_missing_files();
  // Which tensors that hits is known later; whoever only wants to read need not wait.
  if (!report.judging()) tell_missing_files({}, report);
  open_tensor_index(report);
  open_parts(report);
  leave_out_twins_by_index(report);
  std::vector<HitTensor> hit;
  if (tensor_index_) hit = join_tensors(report);
  if (report.judging()) tell_missing_files(std::move(hit), report);
}

/// Of parts that are published elsewhere it is told one by one where they are.
void AerosetModel::find_missing_files() {
  if (!index_.base_url.value_or("").empty()) return;
  std::vector<std::string> names;
  for (const SetPart& part : index_.parts) {
    if (!io::is_http_url(part.path)) names.push_back(part.path);
  }
  const std::vector<std::size_t> missing = missing_parts(path(), names);
  for (const std::size_t i : missing) missing_.insert(names[i]);
  if (missing.empty()) return;
  missing_told_ = tell_missing(names, missing);
  if (missing.size() == names.size()) {
    std::vector<std::string> others = files_beside(path(), ".aero");
    std::erase(others, index_.tensor_index.path);
    stale_ = !others.empty();
    if (stale_) missing_told_ = tell_stale(names, others, "set");
  }
}

void AerosetModel::tell_missing_files(std::vector<HitTensor> hit, Report& report) const {
  if (!missing_told_.empty())
    report.unreadable(stale_ ? Code::index : Code::missing, where(), missing_told_, std::move(hit));
}

void AerosetModel::open_tensor_index(Report& report) {
  const SetFile& entry = index_.tensor_index;
  if (!is_published(entry) && io::absent_beside(path(), entry.path)) {
    report.unreadable(Code::missing, where(),
                      "the tensor index, " + escape_controls(shortened(entry.path)) + ", is missing");
    return;
  }
  try {
    tensor_index_input_ = open_file(entry);
    const io::Input& input = *tensor_index_input_;
    require_size(entry, input, path(), report);
    // It is small, and a change in it that leaves it readable could lose what the source held.
    if (entry.sha256) {
      const Digest found = sha256_of(input, 1, nullptr);
      const CorruptError wrong = wrong_sha256(input, found, *entry.sha256);
      if (found != *entry.sha256) report.unreadable(Code::hash, wrong.where(), wrong.message());
    }
    tensor_index_ = std::make_unique<aero::AeroModel>(tensor_index_input_, report, aero::FileKind::set_index);
  } catch (const CorruptError& error) {
    if (tensor_index_input_) tensor_index_input_->require_unchanged();
    report.unreadable(error.code(), error.where(), error.message());
    return;
  }
  compare_names(report);
}

void AerosetModel::compare_names(Report& report) const {
  const aero::Manifest& manifest = tensor_index_->file().manifest;
  if (!manifest.sound) return;
  const auto compare = [&](const char* what, const std::string& here, const std::string& there) {
    if (here == there) return;
    report.doubt(Code::index, where(),
                 std::string(what) + " is '" + escape_controls(shortened(here)) + "', but in " +
                     escape_controls(tensor_index_->path()) + " '" + escape_controls(shortened(there)) + "'");
  };
  compare("the model's name", index_.model_name, manifest.model_name);
  compare("the architecture", index_.architecture, manifest.architecture);
}

bool AerosetModel::is_published(const SetFile& file) const {
  return !index_.base_url.value_or("").empty() || io::is_http_url(file.path);
}

bool AerosetModel::is_elsewhere(const SetFile& file) const {
  return is_published(file) &&
         (input_->remote() != nullptr || io::is_http_url(file.path) || io::absent_beside(path(), file.path));
}

io::RemoteName AerosetModel::published_name(const SetFile& file) const {
  const io::RemoteName* index = input_->remote();
  const io::ParsedUrl part = join_part_url(index == nullptr ? std::nullopt : std::optional(index->url),
                                           index_.base_url.value_or(""), file.path);
  if (!part.url) throw CorruptError(where(), part.problem, Code::path);
  if (index == nullptr && !input_->links().fetch) {
    const std::string name = "'" + escape_controls(shortened(io::shown_url(file.path))) + "' is ";
    const std::string place =
        io::is_http_url(file.path) ? "on a server" : "not here, but at " + part.url->shown();
    throw UnsupportedError(where(), name + place + "; --fetch reads it from there");
  }
  // Of a local index nobody typed a URL.
  return {.url = *part.url, .typed = index == nullptr ? io::Origin{} : index->typed};
}

std::shared_ptr<io::Input> AerosetModel::open_file(const SetFile& file) const {
  return is_elsewhere(file) ? io::open_url(published_name(file), {}) : io::open_beside(*input_, file.path);
}

void AerosetModel::expect_parts() const {
  std::vector<std::string> beside;
  std::vector<io::RemoteName> elsewhere;
  for (const SetPart& part : index_.parts) {
    if (missing_.contains(part.path)) continue;
    if (!is_elsewhere(part)) {
      beside.push_back(part.path);
      continue;
    }
    try {
      elsewhere.push_back(published_name(part));
    } catch (const ContentError&) {
      // Told where the part is opened.
    }
  }
  io::expect_beside(*input_, beside);
  io::open_urls_ahead(elsewhere);
}

std::shared_ptr<io::Input> AerosetModel::open_part_file(const SetPart& part) const {
  auto input = open_file(part);
  if (input->is_here() || !part.sha256) return input;
  input->expect_sha256(*part.sha256, kByIndex);
  return io::held_to_sha256(std::move(input));
}

void AerosetModel::open_parts(Report& report) {
  expect_parts();
  std::uint64_t own_types = 0;                     // of all parts
  std::map<std::uint64_t, const SetPart*> listed;  // by set-wide id
  for (const SetPart& entry : index_.parts) {
    const std::string name = "part '" + escape_controls(shortened(entry.path)) + "'";
    if (missing_.contains(entry.path)) {
      broken_.push_back(&entry);
      continue;
    }
    const aero::AeroModel* model = nullptr;
    const auto read = [&](const std::shared_ptr<io::Input>& input, Report& to) {
      auto part = std::make_unique<aero::AeroModel>(input, to, aero::FileKind::file, tensor_index_.get());
      if (!part->is_cut_off()) require_size(entry, *input, path(), to);
      if (part->table().types.memory() > aero::DescribedTypes::kMaxMemory - own_types) {
        throw UnsupportedError({part->path(), {}, {}},
                               "its quant descriptors are not those of index.aero, and with them such "
                               "descriptors of the parts take more than " +
                                   human_size(aero::DescribedTypes::kMaxMemory));
      }
      own_types += part->table().types.memory();
      // What index.aero says of the tensors is carried, and the first part's MJSN: a hostile set could have
      // many large ones.
      part->forget_unknown_members();
      if (!open_.empty()) part->forget_description();
      model = part.get();
      return part;
    };
    auto input = open_part([&] { return open_part_file(entry); }, read, report);
    if (!input) {
      broken_.push_back(&entry);
      continue;
    }
    open_.push_back({&entry, std::move(input), model, false});
    if (model->is_cut_off()) {
      cut_off_.insert(entry.shards.begin(), entry.shards.end());
      continue;
    }
    if (model->shards().size() != entry.shards.size()) {
      report.unreadable(Code::index, where(),
                        name + " holds " + plural(model->shards().size(), "shard") + ", the index lists " +
                            std::to_string(entry.shards.size()));
      continue;
    }
    open_.back().counts_from_zero = std::any_of(
        entry.shards.begin(), entry.shards.end(),
        [&](std::uint64_t id) { return !model->shards().named(aero::shard_name(id)).has_value(); });
    for (const std::uint64_t id : entry.shards) {
      if (!listed.emplace(id, &entry).second)
        report.unreadable(Code::duplicate, where(),
                          name + " lists shard " + std::to_string(id) + ", which is already listed");
    }
  }
}

std::optional<std::uint64_t> AerosetModel::set_shard(const Part& part, std::size_t tensor) {
  if (!part.counts_from_zero) return part.model->stated_place(tensor).shard_id;
  // The k-th shard that the index lists for the part is the part's k-th.
  const std::size_t number = part.model->tensors()[tensor].shard;
  if (number >= part.entry->shards.size()) return std::nullopt;
  return part.entry->shards[number];
}

void AerosetModel::compare(std::size_t tensor, const Tensor& global, const StatedPlace& global_place,
                           Report& report) const {
  const Tensor& local = tensors()[tensor];
  const Part& part = open_[place_of(tensor).part];
  const StatedPlace local_place = part.model->stated_place(place_of(tensor).tensor);
  const auto shard = set_shard(part, place_of(tensor).tensor);
  const Where here = {path_of(tensor), {}, local.name};
  const std::string& there = tensor_index_->path();
  const auto differs = [&](const std::string& verb, const std::string& in_part, const std::string& in_index) {
    report.unreadable(Code::index, here,
                      verb + " " + in_part + ", but in " + escape_controls(there) + " " + in_index);
  };
  if (!(global.dtype == local.dtype)) {
    differs("is", escape_controls(local.dtype.name()), escape_controls(global.dtype.name()));
  } else if (global.shape != local.shape) {
    differs("has the shape", to_string(local.shape), to_string(global.shape));
  } else if (global.size != local.size) {
    differs("has a size of", std::to_string(local.size), std::to_string(global.size));
  } else if (shard != global_place.shard_id) {
    differs("lies in shard", shard ? std::to_string(*shard) : "of no number",
            std::to_string(global_place.shard_id));
  } else if (local_place.data_offset != global_place.data_offset) {
    differs("has the offset", std::to_string(local_place.data_offset),
            std::to_string(global_place.data_offset));
  } else if (global.digest && local.digest && *global.digest != *local.digest) {
    differs("has the hash_b3", to_hex(*local.digest), to_hex(*global.digest));
  } else if (global.digest.has_value() != local.digest.has_value()) {
    report.fault(Code::index, here,
                 std::string(local.digest ? "has a hash_b3, but none in " : "has no hash_b3, but one in ") +
                     escape_controls(there));
  }
}

/// Of tensors that share a name the one in the shard that index.aero says stays.
void AerosetModel::leave_out_twins_by_index(Report& report) {
  std::unordered_map<std::string_view, std::size_t> listed;  // made where it is needed, which is rare
  leave_out_twins(report, [&](std::size_t tensor) {
    if (!tensor_index_) return false;
    const auto& all = tensor_index_->tensors();
    if (listed.empty()) {
      for (std::size_t i = 0; i < all.size(); ++i) listed.emplace(all[i].name, i);
    }
    const auto found = listed.find(tensors()[tensor].name);
    const auto& place = place_of(tensor);
    return found != listed.end() &&
           set_shard(open_[place.part], place.tensor) == tensor_index_->stated_place(found->second).shard_id;
  });
}

/// Puts the tensors in the order of index.aero's TIDX and holds the two to each other.
std::vector<HitTensor> AerosetModel::join_tensors(Report& report) {
  constexpr auto kClaimed = static_cast<std::size_t>(-1);
  std::unordered_map<std::string_view, std::size_t> by_name;
  by_name.reserve(tensors().size());
  for (std::size_t i = 0; i < tensors().size(); ++i) by_name.emplace(tensors()[i].name, i);
  std::map<std::uint64_t, std::size_t> broken_shards;  // by set-wide id, to the number in broken_
  for (std::size_t i = 0; i < broken_.size(); ++i) {
    for (const std::uint64_t id : broken_[i]->shards) broken_shards.emplace(id, i);
  }
  std::vector<std::vector<HitTensor>> hit(broken_.size());
  const auto& listed = tensor_index_->tensors();
  std::vector<std::size_t> order;
  order.reserve(listed.size());
  for (std::size_t i = 0; i < listed.size(); ++i) {
    const Tensor& global = listed[i];
    const StatedPlace place = tensor_index_->stated_place(i);
    const auto found = by_name.find(global.name);
    if (found != by_name.end() && found->second != kClaimed) {
      order.push_back(std::exchange(found->second, kClaimed));
      compare(order.back(), global, place, report);
    } else if (const auto shard = broken_shards.find(place.shard_id); shard != broken_shards.end()) {
      hit[shard->second].push_back(
          {global.name, shortened(broken_[shard->second]->path), place.data_offset, global.size});
    } else if (!cut_off_.contains(place.shard_id)) {
      report.unreadable(Code::index, where(global.name),
                        "is in " + escape_controls(tensor_index_->path()) + ", but in no part");
    }
  }
  std::vector<HitTensor> in_missing;
  for (std::size_t i = 0; i < broken_.size(); ++i) {
    if (missing_.contains(broken_[i]->path)) {
      in_missing.insert(in_missing.end(), std::make_move_iterator(hit[i].begin()),
                        std::make_move_iterator(hit[i].end()));
      continue;
    }
    report.unreadable(Code::index, where(),
                      "part '" + escape_controls(shortened(broken_[i]->path)) + "' cannot be used",
                      std::move(hit[i]));
  }
  for (std::size_t i = 0; i < tensors().size(); ++i) {
    if (by_name.at(tensors()[i].name) == kClaimed) continue;
    if (!tensor_index_->table().all_usable) {
      order.push_back(i);  // what it lacks has been told
      continue;
    }
    report.unreadable(Code::index, {path_of(i), {}, tensors()[i].name},
                      "is not in " + escape_controls(tensor_index_->path()));
  }
  arrange(order);
  return in_missing;
}

std::vector<ModelFile> AerosetModel::files() const {
  std::vector<ModelFile> files = {{input_.get(), input_->expected_sha256()}};
  if (tensor_index_input_) files.push_back({tensor_index_input_.get(), index_.tensor_index.sha256});
  for (const Part& part : open_) files.push_back({part.input.get(), part.entry->sha256});
  return files;
}

ModelFile AerosetModel::file_of(std::size_t tensor) const {
  const Part& part = open_[place_of(tensor).part];
  return {part.input.get(), part.entry->sha256};
}

Overview AerosetModel::overview() const {
  Overview view;
  view.format = "AEROSET";
  view.version = "0." + std::to_string(index_.version_minor);
  view.model_name = index_.model_name;
  view.architecture = index_.architecture;
  view.files.push_back({path(), input_->size()});
  const auto add_sections = [&](const std::string& file, std::vector<Section>& sections) {
    for (Section& section : sections) {
      section.name = file + ": " + section.name;
      view.sections.push_back(std::move(section));
    }
  };
  if (tensor_index_) {
    view.files.push_back({tensor_index_->path(), tensor_index_input_->size()});
    Overview of_index = tensor_index_->overview();
    view.uuid = of_index.uuid;
    add_sections(index_.tensor_index.path, of_index.sections);
  }
  view.integrity.push_back({.covers = Integrity::Covers::files, .algorithm = "SHA-256"});
  std::size_t own_numbers = 0;
  for (const Part& part : open_) {
    Overview of_part = part.model->overview();
    for (std::size_t i = 0; i < of_part.shards.size(); ++i) {
      view.shards.push_back(std::move(of_part.shards[i]));
      if (i < part.entry->shards.size()) view.shards.back().name = aero::shard_name(part.entry->shards[i]);
    }
    add_sections(part.entry->path, of_part.sections);
    if (&part == &open_.front())
      view.integrity.insert(view.integrity.end(), of_part.integrity.begin(), of_part.integrity.end());
    if (part.counts_from_zero) ++own_numbers;
  }
  add_files(view);
  if (own_numbers != 0) view.notes.emplace_back(OwnShardNumbers{own_numbers});
  if (index_.base_url) view.notes.emplace_back(PublishedAt{io::shown_url(*index_.base_url)});
  if (index_.cache) view.notes.emplace_back(Caching{index_.cache->enabled, index_.cache->recommended});
  return view;
}

std::vector<KnownFile> AerosetModel::known_files() const {
  std::vector<KnownFile> files = MultiFileModel::known_files();
  if (tensor_index_) {
    KnownFile& of_index = files[1];  // as files() has them
    of_index = std::move(known_files_of(*tensor_index_).front());
    // Its tensors lie in the parts.
    std::erase_if(of_index.regions,
                  [](const KnownRegion& region) { return region.kind == RegionKind::tensor; });
  }
  const auto of_parts = std::span(files).last(open_.size());
  for (std::size_t i = 0; i < open_.size(); ++i) {
    const std::vector<std::uint64_t>& ids = open_[i].entry->shards;
    std::vector<Shard>& shards = of_parts[i].shards;
    for (std::size_t j = 0; j < std::min(shards.size(), ids.size()); ++j)
      shards[j].name = aero::shard_name(ids[j]);
  }
  return files;
}

Metadata AerosetModel::metadata() const {
  Metadata metadata = tensor_index_ ? tensor_index_->metadata() : Metadata{};
  if (metadata.entries.empty() && !open_.empty() && !source().metadata)
    return open_.front().model->metadata();
  return metadata;
}

std::span<const Object> AerosetModel::objects() const {
  // They mean tensors by their numbers in index.aero, which are those here where none is missing.
  if (!tensor_index_ || tensor_index_->tensors().size() != tensors().size()) return {};
  return tensor_index_->objects();
}

Source AerosetModel::source() const {
  Source source = tensor_index_ ? tensor_index_->source() : Source{};
  if (source.format.empty() && !open_.empty())
    source.format = aero::text_member(open_.front().model->file().json, "source_format");
  return source;
}

aero::Extras AerosetModel::extras() const {
  aero::Extras extras = tensor_index_ ? tensor_index_->extras() : aero::Extras{};
  for (const Part& part : open_) {
    aero::Extras of_part = part.model->extras();
    if (&part == &open_.front()) extras.json = std::move(of_part.json);
    if (!part.model->carried_files().empty()) {
      extras.lost.push_back("side files in " + escape_controls(part.input->name()) +
                            ": those of a set are in its " +
                            escape_controls(shortened(index_.tensor_index.path)));
    }
    if (of_part.chunks.empty() && of_part.manifest.empty()) continue;
    extras.lost.push_back("chunks and keys of " + escape_controls(part.input->name()) +
                          " that this version does not know");
  }
  return extras;
}

std::vector<SideFile> AerosetModel::carried_files() const {
  return tensor_index_ ? tensor_index_->carried_files() : std::vector<SideFile>{};
}

void AerosetModel::read_chunk(std::size_t chunk, std::uint64_t offset, std::span<std::byte> out) const {
  tensor_index_->read_chunk(chunk, offset, out);
}

void AerosetModel::require_unchanged() const {
  input_->require_unchanged();
  if (tensor_index_) tensor_index_->require_unchanged();
  MultiFileModel::require_unchanged();
}

}  // namespace aerotool::aeroset
