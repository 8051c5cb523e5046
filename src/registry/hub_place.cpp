#include "registry/hub_place.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "hub/hf_cache.hpp"
#include "hub/hub_name.hpp"
#include "hub/hub_repository.hpp"
#include "hub/local_stores.hpp"
#include "io/input.hpp"
#include "io/listing.hpp"
#include "io/open_url.hpp"
#include "io/relative_path.hpp"
#include "registry/model_candidates.hpp"
#include "registry/model_types.hpp"

namespace aerotool {
namespace {

constexpr std::uint64_t kMaxIndexBytes = 100'000'000;  // that are read of any index

/// The snapshot of what a name means now; empty where it is not here.
std::string snapshot_here(const hub::HubName& name) {
  if (hub::is_commit(name.revision) || io::is_offline())
    return hub::cached_snapshot(name, hub::cached_commit(name));
  const std::string repository = hub::cached_repository(name);
  if (repository.empty() || io::type_of(repository) != io::FileType::directory) return {};
  return hub::cached_snapshot(name, hub::hub_repository(name).commit());
}

bool has_file(const std::string& directory, const std::string& relative) {
  return static_cast<bool>(io::find_in_directory(directory, relative, hub::link_policy(false)).file);
}

/// Whether all files of a model are here.
bool is_whole(const std::string& directory, const Candidate& candidate) {
  if (candidate.numbered) return candidate.files == candidate.numbered->count;
  if (!has_file(directory, candidate.name)) return false;
  if (candidate.format->standing() == Format::Standing::file) return true;
  const auto index = io::Input::open(io::path_in(directory, candidate.name));
  if (index->size() > kMaxIndexBytes) return false;
  const std::vector<std::string> names =
      candidate.format->files_of_index(index->view(0, index->size()).text());
  return std::ranges::all_of(names, [&](const std::string& name) { return has_file(directory, name); });
}

/// Whether a directory of a snapshot holds exactly one model that can be meant, and all of it.
bool holds_model(const std::string& directory, const std::string& quant) {
  try {
    if (io::type_of(directory) != io::FileType::directory) return false;
    std::vector<Candidate> candidates = candidates_in(directory);
    if (!quant.empty())
      std::erase_if(candidates, [&](const Candidate& candidate) { return !is_of_type(candidate, quant); });
    return candidates.size() == 1 && is_whole(directory, candidates.front());
  } catch (const Error&) {
    return false;  // the hub may have it whole
  }
}

}  // namespace

HubPlace place_at_hub(const std::string& operand, const std::function<void(const std::string&)>& note) {
  if (!hub::is_hub_name(operand)) return {};
  hub::HubName name = hub::parse_hub_name(operand);
  const std::string quant = std::exchange(name.quant, {});
  const std::string snapshot = snapshot_here(name);
  if (!snapshot.empty()) {
    std::string here = name.path.empty() ? snapshot : io::path_in(snapshot, name.path);
    if ((!name.path.empty() && has_file(snapshot, name.path)) || holds_model(here, quant)) {
      if (note) note(describe({operand, {}, {}}, "read from the cache, " + here));
      return {std::move(here), quant};
    }
  }
  return {name.shown(), quant};
}

}  // namespace aerotool
