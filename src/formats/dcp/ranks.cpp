#include "formats/dcp/ranks.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"

namespace aerotool::dcp {
namespace {

constexpr std::string_view kFront = "__";
constexpr std::string_view kEnding = ".metadata";
constexpr std::size_t kMaxRanks = 1'000'000;

}  // namespace

std::optional<std::uint32_t> rank_of_index(std::string_view name) {
  if (!name.starts_with(kFront) || !name.ends_with(kEnding)) return std::nullopt;
  if (name.size() <= kFront.size() + kEnding.size()) return std::nullopt;
  const std::string_view digits = name.substr(kFront.size(), name.size() - kFront.size() - kEnding.size());
  std::uint32_t rank = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), rank);
  if (error != std::errc() || end != digits.data() + digits.size() || rank >= kMaxRanks) return std::nullopt;
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  return rank;
}

std::vector<std::string> other_ranks(const std::string& path, Report& report) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const auto rank = rank_of_index(name);
  if (!rank) return {};
  std::map<std::uint32_t, std::string> ranks;
  for (std::string& other : io::names_in(io::directory_of(path))) {
    if (const auto number = rank_of_index(other)) ranks.emplace(*number, std::move(other));
  }
  if (!ranks.empty() && ranks.size() != std::size_t{ranks.rbegin()->first} + 1) {
    std::uint32_t missing = 0;
    while (ranks.contains(missing)) ++missing;
    report.unreadable(Code::missing, {path, {}, {}},
                      "the index of process " + std::to_string(missing) +
                          " is missing: " + shown("__" + std::to_string(missing) + ".metadata"));
  }
  ranks.erase(*rank);
  std::vector<std::string> others;
  others.reserve(ranks.size());
  for (auto& [number, other] : ranks) others.push_back(std::move(other));
  return others;
}

}  // namespace aerotool::dcp
