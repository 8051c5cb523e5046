#include "model_path.hpp"

#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/listing.hpp"
#include "model_candidates.hpp"

namespace aerotool {
namespace {

std::string in_directory(const std::string& directory, const std::string& name) {
  return directory + (directory.ends_with('/') ? "" : "/") + name;
}

/// The one model in a directory: its set, else its index, else its one file or numbered files (design.md,
/// "Inputs").
std::string model_in_directory(const std::string& path) {
  constexpr std::size_t kMostShown = 8;
  const std::vector<Candidate> candidates = candidates_in(path);
  if (candidates.empty()) throw UsageError(describe({path, {}, {}}, "there is no model in this directory"));
  if (candidates.size() == 1) return in_directory(path, candidates.front().name);
  std::string list;
  for (std::size_t i = 0; i < candidates.size() && i < kMostShown; ++i)
    list += (i == 0 ? "" : ", ") + describe(path, candidates[i]);
  if (candidates.size() > kMostShown)
    list += " and " + with_thousands(candidates.size() - kMostShown) + " more";
  throw UsageError(
      describe({path, {}, {}}, "this directory holds several models; name one of them: " + list));
}

}  // namespace

std::string model_path(const std::string& path) {
  if (path == "-" || io::type_of(path) != io::FileType::directory) return path;
  return model_in_directory(path);
}

}  // namespace aerotool
