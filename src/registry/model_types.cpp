#include "registry/model_types.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "io/listing.hpp"
#include "io/remote_tree.hpp"
#include "transfer/numbered_files.hpp"

namespace aerotool {
namespace {

constexpr std::string_view kExtension = ".gguf";
constexpr std::string_view kSeparators = "-._";
constexpr std::size_t kMaxListed = 40;

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

/// Of a set, without its number; empty where the name is no GGUF file's.
std::string stem_of(const Candidate& candidate) {
  std::string_view name = candidate.name;
  if (!name.ends_with(kExtension)) return {};
  name.remove_suffix(kExtension.size());
  return name_of_set(std::string(name));
}

/// "q4_k_m", "iq2_xxs", "tq1_0", "bf16", "mxfp4": the letters that types begin with, and a digit.
bool is_type(std::string_view lower) {
  for (const std::string_view begin : {"iq", "tq", "q", "bf", "fp", "f", "mxfp", "nvfp"}) {
    if (!lower.starts_with(begin) || lower.size() == begin.size()) continue;
    const char next = lower[begin.size()];
    if (next >= '0' && next <= '9') return true;
  }
  return false;
}

std::optional<std::uint64_t> size_of(io::RemoteTree& tree, const std::string& directory,
                                     const Candidate& candidate) {
  if (!candidate.numbered) return tree.size_of(io::path_in(directory, candidate.name));
  std::uint64_t total = 0;
  for (std::uint32_t part = 1; part <= candidate.numbered->count; ++part) {
    const auto size = tree.size_of(io::path_in(directory, part_path(*candidate.numbered, part)));
    const auto sum = size ? checked_add(total, *size) : std::nullopt;
    if (!sum) return std::nullopt;
    total = *sum;
  }
  return total;
}

}  // namespace

std::string type_in_name(const Candidate& candidate) {
  const std::string stem = stem_of(candidate);
  // Types have underscores themselves.
  const auto at = stem.find_last_of("-.");
  const std::string type = at == std::string::npos ? stem : stem.substr(at + 1);
  return is_type(in_lower_case(type)) ? type : std::string{};
}

bool is_of_type(const Candidate& candidate, std::string_view quant) {
  const std::string stem = in_lower_case(stem_of(candidate));
  const std::string wanted = in_lower_case(quant);
  if (stem.starts_with("mmproj") || !stem.ends_with(wanted)) return false;
  const std::size_t before = stem.size() - wanted.size();
  return before == 0 || kSeparators.find(stem[before - 1]) != std::string_view::npos;
}

bool differ_in_types(const std::vector<Candidate>& candidates) {
  return candidates.size() > 1 && std::ranges::all_of(candidates, [](const Candidate& candidate) {
           return !type_in_name(candidate).empty();
         });
}

std::string list_by_type(const std::string& directory, const std::vector<Candidate>& candidates) {
  io::RemoteTree* const tree = io::remote_tree_of(directory);
  std::string list;
  for (std::size_t i = 0; i < candidates.size() && i < kMaxListed; ++i) {
    const Candidate& candidate = candidates[i];
    std::string about = type_in_name(candidate);
    if (tree != nullptr) {
      if (const auto size = size_of(*tree, directory, candidate))
        about = human_size(*size) + (about.empty() ? "" : ", " + about);
    }
    list += (i == 0 ? "" : ", ") + escape_controls(candidate.name);
    if (!about.empty()) list += " (" + about + ")";
  }
  if (candidates.size() > kMaxListed)
    list += " and " + with_thousands(candidates.size() - kMaxListed) + " more";
  return list;
}

}  // namespace aerotool
