#include "registry/model_tree.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/error.hpp"
#include "io/interrupt.hpp"
#include "io/listing.hpp"
#include "registry/model_candidates.hpp"
#include "registry/model_path.hpp"
#include "registry/registry.hpp"

namespace aerotool {
namespace {

/// What opening the path will tell better is false.
bool is_directory(const std::string& path) {
  try {
    return path != "-" && io::type_of(path) == io::FileType::directory;
  } catch (const IoError&) {
    return false;
  }
}

/// Whether a directory is a revision of a model in a Hugging Face cache: models--O--N/snapshots/REV.
bool is_snapshot(const std::string& path) {
  std::vector<std::string_view> names;
  for (std::string_view rest = path; names.size() < 3 && !rest.empty();) {
    const std::size_t slash = rest.rfind('/');
    const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
    if (begin < rest.size()) names.push_back(rest.substr(begin));
    rest = rest.substr(0, begin == 0 ? 0 : slash);
  }
  return names.size() == 3 && names[1] == "snapshots" && names[2].starts_with("models--");
}

class Search {
 public:
  /// `linked`: links are how the files of this directory are there.
  void directory(const std::string& path, bool linked) {
    io::check_interrupt();
    std::vector<std::string> files;
    std::vector<std::string> directories;
    try {
      for (const std::string& name : io::names_in(path)) {
        if (name.starts_with('.')) continue;
        const std::string entry = io::path_in(path, name);
        if (io::is_link(entry) && !linked) continue;
        const io::FileType type = io::type_of(entry);
        if (type == io::FileType::directory && !io::is_link(entry)) directories.push_back(entry);
        if (type == io::FileType::regular && format_of_extension(without_packing(name)) != nullptr)
          files.push_back(name);
      }
      if (!files.empty()) add_models(path, files, linked);
    } catch (const IoError& error) {
      found_.push_back({path, error.what()});
    }
    for (const std::string& below : directories) directory(below, linked || is_snapshot(below));
  }

  std::vector<FoundModel> found() {
    std::sort(found_.begin(), found_.end(),
              [](const FoundModel& a, const FoundModel& b) { return a.path < b.path; });
    return std::move(found_);
  }

 private:
  void add_models(const std::string& path, const std::vector<std::string>& files, bool linked) {
    try {
      const std::string model = model_path(path);
      if (linked || !io::is_link(model)) {
        found_.push_back({path, {}});
        return;
      }
    } catch (const UsageError&) {
      // It holds several.
    }
    for (const Candidate& candidate : candidates_in(path)) {
      if (!linked && io::is_link(io::path_in(path, candidate.name))) continue;
      const auto& numbered = candidate.numbered;
      if (!numbered || candidate.format->first_leads()) {
        found_.push_back({io::path_in(path, numbered ? part_path(*numbered, 1) : candidate.name), {}});
        continue;
      }
      // Beside other models nothing stands for these files together.
      for (const std::string& name : files) {
        const auto part = candidate.format->numbered(name);
        if (part && same_parts(*numbered, *part)) found_.push_back({io::path_in(path, name), {}});
      }
    }
  }

  std::vector<FoundModel> found_;
};

}  // namespace

std::vector<FoundModel> models_below(const std::vector<std::string>& paths) {
  std::vector<FoundModel> all;
  for (const std::string& path : paths) {
    if (!is_directory(path)) {
      all.push_back({path, {}});
      continue;
    }
    Search search;
    search.directory(path, is_snapshot(io::real_path(path)));
    std::vector<FoundModel> found = search.found();
    if (found.empty())
      found.push_back({path, describe({path, {}, {}}, "there is no model in this directory or below it")});
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace aerotool
