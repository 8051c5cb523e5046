#include "model_path.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "hub/hf_cache.hpp"
#include "io/listing.hpp"
#include "registry.hpp"

namespace aerotool {
namespace {

constexpr std::string_view kUsualSet = "model.aeroset.json";

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kMostNames = 8;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostNames; ++i)
    text += (i == 0 ? "" : ", ") + escape_controls(names[i]);
  return names.size() > kMostNames ? text + ", ..." : text;
}

std::string in_directory(const std::string& directory, const std::string& name) {
  return directory + (directory.ends_with('/') ? "" : "/") + name;
}

/// Throws where a model in a snapshot of a Hugging Face cache is a link to what is not there.
void refuse_missing_blobs(const std::string& path) {
  const std::string real = io::real_path(path);
  for (const std::string& name : io::names_in(path)) {
    if (format_of_extension(name) == nullptr) continue;
    const std::string problem = hub::open_in_snapshot(real, name).problem;
    if (!problem.empty()) throw UsageError(describe({in_directory(path, name), {}, {}}, problem));
  }
}

/// The one model in a directory: its set, else its index, else its one file (design.md, "Inputs").
std::string model_in_directory(const std::string& path) {
  std::map<Format::Standing, std::vector<std::string>> candidates;
  for (const std::string& name : io::names_in(path)) {
    const Format* format = format_of_extension(name);
    if (format == nullptr || name.starts_with('.')) continue;
    if (io::type_of(in_directory(path, name)) != io::FileType::regular) continue;
    candidates[format->standing()].push_back(format->first_file(name));
  }
  if (candidates.empty()) {
    refuse_missing_blobs(path);
    const std::string choices = hub::choices_in_cache(path);
    if (!choices.empty()) throw UsageError(describe({path, {}, {}}, choices));
  }
  if (candidates.empty()) throw UsageError(describe({path, {}, {}}, "there is no model in this directory"));
  auto& names = candidates.rbegin()->second;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const bool usual_set = std::binary_search(names.begin(), names.end(), kUsualSet);
  if (names.size() > 1 && !usual_set) {
    throw UsageError(
        describe({path, {}, {}}, "this directory holds several models; name one of them: " + listed(names)));
  }
  return in_directory(path, usual_set ? std::string(kUsualSet) : names.front());
}

}  // namespace

std::string model_path(const std::string& path) {
  if (path == "-" || io::type_of(path) != io::FileType::directory) return path;
  return model_in_directory(path);
}

}  // namespace aerotool
