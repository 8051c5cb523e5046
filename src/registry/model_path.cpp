#include "registry/model_path.hpp"

#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "hub/hf_cache.hpp"
#include "hub/hub_name.hpp"
#include "io/listing.hpp"
#include "io/remote_tree.hpp"
#include "registry/directory_hint.hpp"
#include "registry/model_candidates.hpp"
#include "registry/model_types.hpp"
#include "registry/registry.hpp"
#include "registry/training_layouts.hpp"

namespace aerotool {
namespace {

std::string in_directory(const std::string& directory, const std::string& name) {
  return io::path_in(directory, name);
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

/// The one model in a directory: its set, else its index, else its one file or numbered files
/// (src/BEHAVIOUR.md, "Inputs").
std::string model_in_directory(const std::string& path) {
  constexpr std::size_t kMaxShown = 8;
  const std::vector<Candidate> candidates = candidates_in(path);
  const bool remote = io::remote_tree_of(path) != nullptr;
  if (candidates.empty() && remote) throw UsageError(describe({path, {}, {}}, no_model_in(path)));
  const bool may_be_of_training = candidates.empty() || candidates.front().format->stands_back();
  if (may_be_of_training && !remote) {
    if (const std::string what = unread_layout_in(path); !what.empty())
      throw UsageError(describe({path, {}, {}}, what));
  }
  if (candidates.empty()) {
    refuse_missing_blobs(path);
    const std::string choices = hub::choices_in_cache(path);
    throw UsageError(describe({path, {}, {}}, choices.empty() ? no_model_in(path) : choices));
  }
  if (candidates.size() == 1) return in_directory(path, candidates.front().name);
  if (remote && differ_in_types(candidates)) {
    throw UsageError(describe(
        {path, {}, {}}, "this repository holds several models; choose one by its type, as in " + path + ":" +
                            type_in_name(candidates.front()) + ": " + list_by_type(path, candidates)));
  }
  std::string list;
  for (std::size_t i = 0; i < candidates.size() && i < kMaxShown; ++i)
    list += (i == 0 ? "" : ", ") + describe(path, candidates[i]);
  if (candidates.size() > kMaxShown)
    list += " and " + with_thousands(candidates.size() - kMaxShown) + " more";
  throw UsageError(
      describe({path, {}, {}}, "this directory holds several models; name one of them: " + list));
}

/// What is called as a model's file is one: to ask the hub would be to open it.
bool is_file_at_hub(const std::string& path) {
  return hub::is_hub_name(path) &&
         format_of_extension(without_packing(hub::parse_hub_name(path).path)) != nullptr;
}

}  // namespace

std::string model_path(const std::string& path) {
  if (path == "-" || is_file_at_hub(path)) return path;
  if (io::type_of(path) != io::FileType::directory) {
    const std::string what = io::remote_tree_of(path) == nullptr ? unread_layout_of(path) : std::string();
    if (!what.empty()) throw UsageError(describe({path, {}, {}}, what));
    return path;
  }
  return model_in_directory(path);
}

std::string model_path_of_type(const std::string& path, const std::string& quant) {
  std::vector<std::string> directories = {path};
  std::string there;
  for (std::size_t i = 0; i < directories.size(); ++i) {
    const std::string directory = directories[i];
    const std::vector<Candidate> candidates = candidates_in(directory);
    std::vector<Candidate> fitting;
    for (const Candidate& candidate : candidates) {
      if (is_of_type(candidate, quant)) fitting.push_back(candidate);
    }
    if (fitting.size() == 1) return in_directory(directory, fitting.front().name);
    if (!fitting.empty()) {
      throw UsageError(describe(
          {path, {}, {}},
          "several models are of type " + quant + "; name one of them: " + list_by_type(directory, fitting)));
    }
    if (!candidates.empty()) there += (there.empty() ? "" : ", ") + list_by_type(directory, candidates);
    if (i != 0) continue;
    // Large ones have directories of their own.
    std::vector<std::string> names = io::names_in(directory);
    sort_names(names);
    for (const std::string& name : names) {
      const std::string below = in_directory(directory, name);
      if (!name.starts_with('.') && io::type_of(below) == io::FileType::directory)
        directories.push_back(below);
    }
  }
  throw UsageError(describe({path, {}, {}}, "has no model of type " + quant +
                                                (there.empty() ? std::string() : "; there are " + there)));
}

}  // namespace aerotool
