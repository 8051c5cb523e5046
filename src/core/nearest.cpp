#include "core/nearest.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace aerotool {
namespace {

/// The number of bytes to insert, remove or replace; at most `limit` + 1 is told apart.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > limit) return limit + 1;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    std::size_t best = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
      best = std::min(best, row[j]);
    }
    if (best > limit) return limit + 1;
  }
  return row[b.size()];
}

}  // namespace

Nearest::Nearest(std::string_view word, std::size_t most)
    : word_(word), most_(most), limit_(std::max<std::size_t>(2, word_.size() / 3)) {}

void Nearest::offer(std::string_view candidate) {
  const bool is_full = near_.size() == most_;
  if (is_full && near_.back().first == 0) return;
  const std::size_t worst = is_full ? near_.back().first - 1 : limit_;
  const std::size_t distance = edit_distance(word_, candidate, worst);
  if (distance > worst) return;
  const auto behind = std::upper_bound(near_.begin(), near_.end(), distance,
                                       [](std::size_t d, const auto& entry) { return d < entry.first; });
  near_.emplace(behind, distance, candidate);
  if (near_.size() > most_) near_.pop_back();
}

std::vector<std::string> Nearest::found() const {
  std::vector<std::string> words;
  for (const auto& entry : near_) words.push_back(entry.second);
  return words;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  const std::size_t dashes = std::min(word.find_first_not_of('-'), word.size());
  // One letter is like too much.
  if (word.size() - dashes < 2) return {};
  std::vector<std::string> found;
  std::copy_if(known.begin(), known.end(), std::back_inserter(found),
               [&](const std::string& candidate) { return candidate.starts_with(word); });
  if (found.size() != 1) {
    Nearest nearest(word, 1);
    for (const std::string& candidate : known) nearest.offer(candidate);
    found = nearest.found();
  }
  return found.empty() ? std::string() : "did you mean '" + found.front() + "'? ";
}

}  // namespace aerotool
