#include "registry/related_files.hpp"

#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "io/input.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"
#include "registry/registry.hpp"
#include "transfer/numbered_files.hpp"

namespace aerotool {
namespace {

constexpr std::uint64_t kMaxIndexBytes = 100'000'000;  // that are read of any index

std::string last_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);  // all of it where there is no slash
}

std::vector<std::string> files_of(const Model& model) {
  std::vector<std::string> paths;
  for (const FileLine& file : model.overview().files) paths.push_back(file.path);
  if (paths.empty()) paths.push_back(model.path());
  return paths;
}

}  // namespace

RelatedFiles::RelatedFiles(const std::vector<const Model*>& models) {
  std::map<std::string, Rows> rows;  // by directory
  for (const Model* model : models) {
    for (const std::string& path : files_of(*model)) {
      add(path, Relation::own, path);
      // A pipe has no neighbours, and where standard input lies nobody says.
      if (path == io::kStandardInput || !io::identity_at(path)) continue;
      for (const std::string& name : {path, io::real_path(path)}) {
        if (!name.empty()) rows[io::directory_of(name)].emplace(row_of_parts(last_name(name)), path);
      }
    }
  }
  own_count_ = files_.size();
  for (const auto& [directory, names] : rows) add_siblings(directory, names);
}

void RelatedFiles::add(const std::string& path, Relation relation, const std::string& of) {
  if (const auto identity = io::identity_at(path)) files_.try_emplace(*identity, Found{relation, of});
}

void RelatedFiles::add_siblings(const std::string& directory, const Rows& rows) {
  if (io::is_closed(directory)) return;
  for (const std::string& name : io::names_in(directory)) {
    const auto row = rows.find(row_of_parts(name));
    // A name without a number is a row of its own.
    if (row != rows.end()) add(io::path_in(directory, name), Relation::sibling, row->second);
    const Format* format = format_of_extension(name);
    if (format != nullptr && format->standing() != Format::Standing::file)
      add_named_by(io::path_in(directory, name), *format);
  }
}

void RelatedFiles::add_named_by(const std::string& index, const Format& format) {
  std::vector<std::string> paths = {index};
  if (io::is_closed(index) || io::type_of(index) != io::FileType::regular) return;
  try {
    const auto input = io::Input::open(index);
    if (input->size() > kMaxIndexBytes) return;
    const Bytes text = input->view(0, input->size());
    for (const std::string& name : format.files_of_index(text.text())) {
      if (io::path_problem(name).empty()) paths.push_back(io::path_in(io::directory_of(index), name));
    }
  } catch (const CorruptError&) {
    return;  // it names nothing
  } catch (const UnsupportedError&) {
    return;
  }
  for (const std::string& path : paths) {
    const Found found = find(path);
    if (found.relation != Relation::own) continue;
    for (const std::string& other : paths) add(other, Relation::sibling, found.of);
    return;
  }
}

RelatedFiles::Found RelatedFiles::find(const std::string& path) const {
  const auto identity = io::identity_at(path);
  const auto found = identity ? files_.find(*identity) : files_.end();
  return found == files_.end() ? Found{} : found->second;
}

}  // namespace aerotool
