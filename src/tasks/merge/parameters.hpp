// The parameters of a merge: numbers that may differ by model, by tensor and by layer.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tasks/patterns.hpp"

namespace aerotool::tasks {

/// Where a tensor stands in its model.
struct Place {
  std::string name;
  double depth = 0;  ///< 0 in the first layer and outside of the layers, 1 in the last
};

/// A number for each depth: always the same, or several that lie evenly from 0 to 1, and what is between
/// them.
class Gradient {
 public:
  explicit Gradient(std::vector<double> points) : points_(std::move(points)) {}
  double at(double depth) const;

 private:
  std::vector<double> points_;  // one at least
};

/// What a parameter is for each tensor.
class Parameter {
 public:
  /// A value, and which tensors have it: all, or those that match, or whose names have a part.
  struct Rule {
    std::optional<Pattern> pattern;
    std::string part;
    Gradient value;
    bool matches(const std::string& name) const;
    /// The pattern or the part.
    const std::string& text() const { return pattern ? pattern->text() : part; }
  };

  /// Takes names that match, or all. Of several that match, the one that was added last holds.
  void add(std::optional<Pattern> pattern, Gradient value);
  /// Takes names that have this part, or all where it is "*". The first that matches holds, where there are
  /// no patterns.
  void add_filter(std::string part, Gradient value);

  bool empty() const { return rules_.empty(); }
  std::optional<double> of(const Place& place) const;

  /// The first that matches holds.
  const std::vector<Rule>& rules() const { return rules_; }

 private:
  std::vector<Rule> rules_;
};

/// The parameters of a model, of a slice or of all, by their names.
using Parameters = std::map<std::string, Parameter, std::less<>>;

}  // namespace aerotool::tasks
