#include "model/known_file.hpp"

#include <array>
#include <set>
#include <unordered_map>

#include "model/model.hpp"

namespace aerotool {
namespace {

// By their numbers.
constexpr std::array<std::string_view, 10> kKinds = {"header", "metadata", "index",     "chunk", "member",
                                                     "tensor", "data",     "alignment", "gap",   "trailer"};

/// The files of a model, found by their paths.
class Files {
 public:
  explicit Files(const Model& model, const Overview& view) {
    for (const ModelFile& file : model.files()) {
      if (file.input != nullptr) add({.path = file.input->name(), .size = file.input->size()});
    }
    // One that is not open now has the size that the model knows of it.
    for (const FileLine& file : view.files) add({.path = file.path, .size = file.size, .is_here = false});
    if (files_.empty()) add({.path = model.path(), .size = view.file_size});
  }

  /// Null where the model has no such file.
  KnownFile* at(const std::string& path) {
    const auto found = by_path_.find(path);
    return found == by_path_.end() ? nullptr : &files_[found->second];
  }
  KnownFile& first() { return files_.front(); }
  std::vector<KnownFile> take() { return std::move(files_); }

 private:
  void add(KnownFile file) {
    if (by_path_.try_emplace(file.path, files_.size()).second) files_.push_back(std::move(file));
  }

  std::vector<KnownFile> files_;
  std::unordered_map<std::string, std::size_t> by_path_;
};

/// The sections of a container, but for those that are shards: these are told by their tensors.
void add_sections(const Overview& view, KnownFile& file) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> shards;
  for (const Shard& shard : view.shards) shards.emplace(shard.offset, shard.size);
  for (const Section& section : view.sections) {
    if (shards.contains({section.offset, section.stored_length})) continue;
    file.regions.push_back({.offset = section.offset,
                            .size = section.stored_length,
                            .name = file.keep(section.kind + " " + section.name),
                            .kind = RegionKind::chunk});
  }
}

}  // namespace

std::string_view name_of(RegionKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

KnownFile known_index(const io::Input& input) {
  return {.path = input.name(),
          .size = input.size(),
          .regions = {{.offset = 0, .size = input.size(), .kind = RegionKind::index}}};
}

std::vector<KnownFile> plainly_known_files(const Model& model) {
  const Overview view = model.overview();
  Files files(model, view);
  for (const Shard& shard : view.shards) {
    if (KnownFile* const file = files.at(shard.path)) file->shards.push_back(shard);
  }
  // Of a container in one file: a set tells by its parts where its sections are.
  add_sections(view, files.first());
  const std::vector<Tensor>& tensors = model.tensors();
  const std::string* path = nullptr;
  KnownFile* file = nullptr;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    // Most tensors lie in the file of the one before.
    if (const std::string& own = model.path_of(i); path == nullptr || *path != own) {
      path = &own;
      file = files.at(own);
    }
    if (file == nullptr) continue;
    KnownRegion region{.offset = tensors[i].offset,
                       .size = tensors[i].size,
                       .name = tensors[i].name,
                       .kind = RegionKind::tensor};
    if (const auto range = model.stored_range(i)) {
      region.offset = range->offset;
      region.size = range->length;
      region.encoding = range->encoding;
    }
    file->regions.push_back(region);
  }
  return files.take();
}

std::vector<KnownFile> known_files_of(const Model& model) {
  const auto* const knowing = dynamic_cast<const KnowsFiles*>(&model);
  return knowing != nullptr ? knowing->known_files() : plainly_known_files(model);
}

}  // namespace aerotool
