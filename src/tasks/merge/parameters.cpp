#include "tasks/merge/parameters.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace aerotool::tasks {

double Gradient::at(double depth) const {
  if (points_.size() == 1) return points_.front();
  const double place = depth * static_cast<double>(points_.size() - 1);
  const auto before = std::min(static_cast<std::size_t>(place), points_.size() - 2);
  const double part = place - static_cast<double>(before);
  return (1 - part) * points_[before] + part * points_[before + 1];
}

bool Parameter::Rule::matches(const std::string& name) const {
  if (pattern) return pattern->matches(name);
  return part.empty() || part == "*" || name.find(part) != std::string::npos;
}

void Parameter::add(std::optional<Pattern> pattern, Gradient value) {
  rules_.insert(rules_.begin(), {std::move(pattern), {}, std::move(value)});
}

void Parameter::add_filter(std::string part, Gradient value) {
  rules_.push_back({std::nullopt, std::move(part), std::move(value)});
}

std::optional<double> Parameter::of(const Place& place) const {
  for (const Rule& rule : rules_) {
    if (rule.matches(place.name)) return rule.value.at(place.depth);
  }
  return std::nullopt;
}

}  // namespace aerotool::tasks
