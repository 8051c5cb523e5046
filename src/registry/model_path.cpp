#include "registry/model_path.hpp"

#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "hub/hf_cache.hpp"
#include "io/listing.hpp"
#include "registry/directory_hint.hpp"
#include "registry/model_candidates.hpp"
#include "registry/registry.hpp"

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
  if (candidates.empty()) {
    refuse_missing_blobs(path);
    const std::string choices = hub::choices_in_cache(path);
    throw UsageError(describe({path, {}, {}}, choices.empty() ? no_model_in(path) : choices));
  }
  if (candidates.size() == 1) return in_directory(path, candidates.front().name);
  std::string list;
  for (std::size_t i = 0; i < candidates.size() && i < kMaxShown; ++i)
    list += (i == 0 ? "" : ", ") + describe(path, candidates[i]);
  if (candidates.size() > kMaxShown)
    list += " and " + with_thousands(candidates.size() - kMaxShown) + " more";
  throw UsageError(
      describe({path, {}, {}}, "this directory holds several models; name one of them: " + list));
}

}  // namespace

std::string model_path(const std::string& path) {
  if (path == "-" || io::type_of(path) != io::FileType::directory) return path;
  return model_in_directory(path);
}

}  // namespace aerotool
