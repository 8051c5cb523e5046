// The modules of a base, found by the names that adapters have for them
// (src/tasks/merge/adapter/ADAPTERS.md, "Names").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tasks/merge/merge_input.hpp"

namespace aerotool::tasks {

class BaseModules {
 public:
  /// The base outlives this.
  explicit BaseModules(const MergeInput& base);

  struct Match {
    std::optional<std::size_t> tensor;   ///< of the base
    std::vector<std::string> ambiguous;  ///< two of the several that it might be
  };

  /// The weight of a module: the one that is called so, else the only one whose name ends so; both with and
  /// without a wrapper's name before it ("diffusion_model.").
  Match find(const std::string& module, bool underscored) const;
  /// A tensor by its whole name, with and without a wrapper's name before it.
  std::optional<std::size_t> find_whole(const std::string& name) const;

 private:
  using Names = std::vector<std::pair<std::string, std::uint32_t>>;  // backwards, sorted

  static Match ending(const Names& names, const std::string& module, char separator, const MergeInput& base);

  const MergeInput* base_;
  Names dotted_;
  Names underscored_;
};

}  // namespace aerotool::tasks
