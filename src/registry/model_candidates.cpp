#include "registry/model_candidates.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/listing.hpp"
#include "registry/registry.hpp"

namespace aerotool {
namespace {

constexpr std::string_view kUsualSet = "model.aeroset.json";

/// As the Hugging Face libraries call what they need to go on training.
bool is_training_state(std::string_view name) {
  constexpr std::array<std::string_view, 6> kStems = {"optimizer",     "scheduler",     "training_args",
                                                      "trainer_state", "random_states", "rng_state"};
  return std::any_of(kStems.begin(), kStems.end(), [&](std::string_view stem) {
    return name.starts_with(stem) && name.substr(stem.size()).find_first_of("._-") == 0;
  });
}

/// Checkpoints of an optimizer have many names.
bool is_state_of_optimizer(std::string_view name, const Format& format) {
  return format.stands_back() && name.starts_with("optimizer");
}

/// Takes a file; of numbered ones all together.
void take(const std::string& name, const Format& format, std::map<std::string, Candidate>& candidates) {
  auto numbered = format.numbered(name);
  if (numbered && numbered->count == 1) numbered.reset();
  const std::string key = numbered ? parts_pattern(*numbered) : name;
  const auto [known, added] = candidates.emplace(key, Candidate{name, &format, numbered, 1});
  if (added) return;
  ++known->second.files;
  known->second.name = std::min(known->second.name, name);
}

/// "index of 3 files" where that can be told.
std::string index_of(const std::string& path, const Format& format) {
  try {
    Report report(Report::Mode::judge);
    const std::size_t files = format.open(io::Input::open(path), report)->overview().files.size();
    if (files > 1) return "index of " + plural(files - 1, "file");
  } catch (const Error&) {
    // Whoever names it is told.
  }
  return "index";
}

/// Takes out those that hold a part of another one's model.
void leave_whole(const std::string& directory, std::vector<Candidate>& candidates) {
  if (candidates.size() < 2) return;
  std::vector<std::string> names;
  for (const Candidate& candidate : candidates) names.push_back(candidate.name);
  std::set<std::string> parts;
  for (const Candidate& candidate : candidates) {
    for (std::string& name : candidate.format->files_beside(io::path_in(directory, candidate.name), names))
      parts.insert(std::move(name));
  }
  std::erase_if(candidates, [&](const Candidate& candidate) { return parts.contains(candidate.name); });
}

}  // namespace

bool is_hidden_index(std::string_view name) {
  return name == ".metadata";
}

std::vector<Candidate> candidates_in(const std::string& directory) {
  std::map<Format::Standing, std::map<std::string, Candidate>> all;
  std::map<Format::Standing, std::map<std::string, Candidate>> back;
  std::vector<std::string> names = io::names_in(directory);
  sort_names(names);
  for (const std::string& name : names) {
    const std::string_view unpacked = without_packing(name);
    const Format* format = format_of_extension(unpacked);
    if (format == nullptr || is_training_state(name) || is_state_of_optimizer(name, *format)) continue;
    if (name.starts_with('.') && !is_hidden_index(name)) continue;
    // A compressed file stands back where what it holds lies beside it.
    if (unpacked != name && std::binary_search(names.begin(), names.end(), unpacked, std::less<>())) continue;
    if (io::type_of(io::path_in(directory, name)) != io::FileType::regular) continue;
    take(name, *format, (format->stands_back() ? back : all)[format->standing()]);
  }
  if (all.empty()) all = std::move(back);
  std::vector<Candidate> highest;
  if (all.empty()) return highest;
  for (auto& [key, candidate] : all.rbegin()->second) {
    if (key == kUsualSet) return {std::move(candidate)};
    highest.push_back(std::move(candidate));
  }
  leave_whole(directory, highest);
  return highest;
}

std::vector<std::string> passed_over_in(const std::string& directory) {
  constexpr std::size_t kMostLooked = 16;
  std::vector<std::string> passed_over;
  std::vector<std::string> names = io::names_in(directory);
  sort_names(names);
  std::size_t looked = 0;
  for (const std::string& name : names) {
    const Format* format = format_of_extension(name);
    if (format == nullptr || !format->stands_back() || format->standing() != Format::Standing::file ||
        name.starts_with('.') || is_training_state(name) || is_state_of_optimizer(name, *format))
      continue;
    if (looked++ == kMostLooked) break;
    try {
      const std::string path = io::path_in(directory, name);
      if (io::type_of(path) != io::FileType::regular) continue;
      const auto input = io::Input::open(path);
      const Bytes head = input->view(0, std::min<std::uint64_t>(input->size(), Format::kProbeBytes));
      if (format->probe(head.view, input->size(), name) > 0) passed_over.push_back(name);
    } catch (const Error&) {
      // What cannot be looked at is nobody's choice.
    }
  }
  return passed_over;
}

std::string describe(const std::string& directory, const Candidate& candidate) {
  std::string name = candidate.name;
  std::string what(candidate.format->name());
  if (candidate.numbered) {
    const std::uint32_t count = candidate.numbered->count;
    name = candidate.format->first_leads() ? part_path(*candidate.numbered, 1)
                                           : parts_pattern(*candidate.numbered);
    what += ", " + (candidate.files == count ? std::string() : std::to_string(candidate.files) + " of ") +
            plural(count, "file");
  } else if (candidate.format->standing() != Format::Standing::file) {
    what += ", " + index_of(io::path_in(directory, candidate.name), *candidate.format);
  }
  return escape_controls(name) + " (" + what + ")";
}

}  // namespace aerotool
